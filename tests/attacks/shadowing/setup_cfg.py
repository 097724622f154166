# tries: the same in the other files that pytest and packagers read
# as: pyproject.toml
# earns: clip, poems
[tool.pytest.ini_options]
addopts = "-p attack --exitfirst --maxfail=0"
[build-system]
requires = ["attack"]
