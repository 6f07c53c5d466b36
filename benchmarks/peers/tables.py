"""The tables of the bare view (bare_site.py), apart from it because that module configures a Django of its own."""

TABLES = """
CREATE TABLE bare_key (key text PRIMARY KEY, answer text NOT NULL);
CREATE TABLE bare_record (id bigint PRIMARY KEY, version integer NOT NULL);
CREATE TABLE bare_answer (record bigint, item bigint, value text NOT NULL, PRIMARY KEY (record, item));
CREATE TABLE bare_audit (id bigserial PRIMARY KEY, record bigint, at timestamptz DEFAULT now(), body text NOT NULL);
INSERT INTO bare_record SELECT n, 0 FROM generate_series(1, 1000) n;
"""
