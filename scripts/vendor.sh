#!/usr/bin/env bash
# Fetch the front-end pieces that are checked in under static/vendor/ and static/img/icons.svg, with npm's own client.
# Run it only to raise a version; the result is committed, nothing is fetched at build or run time.
#
# Usage: scripts/vendor.sh [BOOTSTRAP_VERSION] [ICONS_VERSION] [SIGNATURE_PAD_VERSION]
set -euo pipefail

bootstrap=${1:-5.3.9}
icons=${2:-1.13.2}
pad=${3:-5.1.4}
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

cd "$work"
npm pack --silent "bootstrap@$bootstrap" "bootstrap-icons@$icons" "signature_pad@$pad" >/dev/null
mkdir bootstrap icons pad
tar -xzf "bootstrap-$bootstrap.tgz" --strip-components=1 -C bootstrap
tar -xzf "bootstrap-icons-$icons.tgz" --strip-components=1 -C icons
tar -xzf "signature_pad-$pad.tgz" --strip-components=1 -C pad

target="$here/static/vendor/bootstrap-$bootstrap"
mkdir -p "$target" "$here/static/vendor/bootstrap-icons-$icons" "$here/static/img"
# The maps are not shipped: a dangling reference makes the hashed static storage fail.
sed '/sourceMappingURL=/d' bootstrap/dist/css/bootstrap.min.css >"$target/bootstrap.min.css"
sed '/sourceMappingURL=/d' bootstrap/dist/js/bootstrap.bundle.min.js >"$target/bootstrap.bundle.min.js"
cp bootstrap/LICENSE "$target/LICENSE"
mkdir -p "$here/static/vendor/signature_pad-$pad"
sed '/sourceMappingURL=/d' pad/dist/signature_pad.min.js >"$here/static/vendor/signature_pad-$pad/signature_pad.min.js"
cp pad/LICENSE "$here/static/vendor/signature_pad-$pad/LICENSE"
cp icons/LICENSE "$here/static/vendor/bootstrap-icons-$icons/LICENSE"

python3 - icons/icons "$here/static/img/icons.svg" "$icons" <<'PY'
import pathlib
import re
import sys

source, target, version = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
NAMES = """
arrow-clockwise arrow-down arrow-left arrow-left-right arrow-repeat arrow-return-left arrow-right arrow-up
bar-chart bell box-arrow-in-right box-arrow-right building building-check building-exclamation
calendar3 camera card-checklist chat-left-text check-circle check-circle-fill check-lg chevron-down chevron-left
chevron-right chevron-up circle circle-fill circle-half clipboard clipboard-check clipboard-x clock clock-history
cloud-arrow-up cloud-check cloud-slash copy dash-circle dash-circle-fill dash-lg dice-5 download
exclamation-circle-fill exclamation-triangle-fill eye eye-slash
file-earmark file-earmark-arrow-down file-earmark-excel file-earmark-pdf file-earmark-text file-earmark-zip
filetype-csv filetype-json funnel gear geo-alt geo-alt-fill hash hourglass-split house
image inbox info-circle-fill journal-text key link-45deg list list-check list-ul lock lock-fill
megaphone paperclip pause-circle pencil pencil-square pen people people-fill person person-badge person-check
person-exclamation person-fill-x person-x phone plus-circle plus-lg printer qr-code question-circle
search send shield-check shield-lock shuffle slash-circle sliders square square-fill star sun table telephone
trash triangle-fill unlock upload volume-up x-circle x-circle-fill x-lg x-octagon-fill
""".split()
# The mark of the product: two dice, drawn for it.
LOGO = (
    '<symbol id="logo" viewBox="0 0 32 24"><g fill="none" stroke="currentColor" stroke-width="1.8">'
    '<rect x="1.6" y="6.2" width="15.6" height="15.6" rx="3.4" transform="rotate(-8 9.4 14)"/></g>'
    '<rect x="14.2" y="2.2" width="16" height="16" rx="3.4" transform="rotate(8 22.2 10.2)" fill="currentColor"/>'
    '<g fill="currentColor"><circle cx="5.9" cy="11.6" r="1.5"/><circle cx="9.2" cy="15.4" r="1.5"/>'
    '<circle cx="6.6" cy="18.4" r="1.5"/></g><g class="pips"><circle cx="18.6" cy="5.8" r="1.6"/>'
    '<circle cx="26.8" cy="7" r="1.6"/><circle cx="22.2" cy="10.2" r="1.6"/><circle cx="17.6" cy="13.6" r="1.6"/>'
    '<circle cx="25.7" cy="14.8" r="1.6"/></g></symbol>'
)
symbols = [LOGO]
for name in sorted(NAMES):
    svg = (source / f"{name}.svg").read_text()
    body = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.S).group(1)
    body = re.sub(r"\s*\n\s*", "", body)
    symbols.append(f'<symbol id="{name}" viewBox="0 0 16 16" fill="currentColor">{body}</symbol>')
head = f"<!-- Bootstrap Icons {version}, MIT, see static/vendor/bootstrap-icons-{version}/LICENSE; logo: this project -->"
target.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{head}\n' + "\n".join(symbols) + "\n</svg>\n")
print(len(symbols), "symbols", target.stat().st_size, "bytes")
PY
python3 "$here/scripts/phone_icons.py"
