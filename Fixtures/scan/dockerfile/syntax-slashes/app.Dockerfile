# comment first
FROM alpine
