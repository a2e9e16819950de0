"""Field sets, typed walks and merges after kubernetes-sigs/structured-merge-diff, and managedFields after
k8s.io/apimachinery's managedfields package."""
