"""The same room computed: image sources and rays, evaluated like a measurement."""
