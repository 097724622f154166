"""Marks that people give: entered, exchanged as spreadsheets, merged, published."""
