"""Training one model, epoch by epoch, so that it can be left and continued."""
