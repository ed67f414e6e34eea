import KubeModel

print(SchemaCatalog.builtin.resources.count)
