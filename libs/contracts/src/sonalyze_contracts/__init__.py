"""What crosses a wire: envelopes, events, errors and results. Values only, no behaviour."""
