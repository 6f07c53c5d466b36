"""What the product promises about speed, measured as ratios: `make bench` (see __main__)."""
