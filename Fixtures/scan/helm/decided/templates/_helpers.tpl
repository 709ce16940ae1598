{{- define "shop.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- define "shop.chosen" -}}
{{- if .Values.late.image.registry -}}
{{ .Values.late.image.registry }}/{{ .Values.late.image.repository }}
{{- else -}}
{{ .Values.late.image.repository }}
{{- end -}}
{{- end -}}
