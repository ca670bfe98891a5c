"""From the best epoch to what others use: averaged, calibrated, decided."""
