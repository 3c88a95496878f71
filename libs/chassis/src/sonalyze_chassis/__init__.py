"""What every service stands on: settings, logs, health, errors, dispatch, compute."""
