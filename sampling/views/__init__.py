"""Pages of the lead bureau: plans, the wizard, freeze, draw and result."""
