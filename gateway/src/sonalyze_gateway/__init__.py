"""The single entry point: WebSocket hub, event router, HTTP proxy."""
