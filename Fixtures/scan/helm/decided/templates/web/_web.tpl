{{- define "web.image" -}}
{{- $registry := default .image.registry (.global).registry -}}
{{- $tag := .image.tag | default .version -}}
{{- if $registry -}}
{{- printf "%s/%s:%s" $registry .image.repository $tag -}}
{{- else -}}
{{- printf "%s:%s" .image.repository $tag -}}
{{- end -}}
{{- with .image.digest -}}@{{ . }}{{- end -}}
{{- end -}}
