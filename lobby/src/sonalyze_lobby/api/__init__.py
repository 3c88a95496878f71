"""What comes in: commands from the gateway, HTTP from inside the house."""
