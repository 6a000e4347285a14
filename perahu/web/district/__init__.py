"""The kabupaten: its kecamatan as cards and as a map, and its cases."""
