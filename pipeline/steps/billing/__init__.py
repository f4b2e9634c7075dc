"""How the warehouse's hours become bills: which tariff when, the load of a site, its bills, and their rows."""
