# tries: to bring a rubric in which everything is worth a hundred points
# as: rubric.yaml
# earns: clip, poems
version: 1
total: 100
rows: [{id: code, points: 100, marked_by: checks}]
