"""How the terminal shows things, with Rich: tables, bars, and what moves while work is done."""
