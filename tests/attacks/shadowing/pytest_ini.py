# tries: to configure pytest so that nothing is collected, or plugins of its own are loaded
# as: pytest.ini
# earns: clip, poems
[pytest]
addopts = -p attack --collect-only
python_files = nothing_*.py
