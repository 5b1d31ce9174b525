"""Train litebrush's model families in tf_keras and hand them over to the exporter."""
