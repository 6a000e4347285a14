"""The pages: as Django answers them, and as Chromium shows them."""
