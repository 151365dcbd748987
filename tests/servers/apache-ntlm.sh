#!/bin/sh
# Starts a private apache2 with mod_auth_gssapi and gss-ntlmssp on 127.0.0.1:PORT: a real NTLMv2 server. Prints the pid.
#   usage: start.sh PORT WORKDIR          stop: kill PID
# /ntlm/ asks for Negotiate and NTLM, user DOMAIN\Mufasa, password "Circle of Life"; /open/ asks for nothing.
set -eu
PORT=${1:?port}; W=${2:?work dir}
M=/usr/lib/apache2/modules
if ! [ -e $M/mod_auth_gssapi.so ] || ! [ -e /usr/lib/x86_64-linux-gnu/gssntlmssp/gssntlmssp.so ]; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends apache2 libapache2-mod-auth-gssapi gss-ntlmssp; } >&2
fi
mkdir -p "$W"; W=$(cd "$W" && pwd)
mkdir -p "$W/run" "$W/logs" "$W/www/ntlm" "$W/www/open"
echo ok > "$W/www/ntlm/index.html"; echo ok > "$W/www/open/index.html"
printf 'DOMAIN:Mufasa:Circle of Life\n' > "$W/users"
chmod -R a+rX "$W"
cat > "$W/httpd.conf" <<C
ServerRoot "$W"
ServerName 127.0.0.1
PidFile "$W/run/httpd.pid"
DefaultRuntimeDir "$W/run"
Mutex posixsem
Listen 127.0.0.1:$PORT
LoadModule mpm_prefork_module $M/mod_mpm_prefork.so
LoadModule authn_core_module $M/mod_authn_core.so
LoadModule authz_core_module $M/mod_authz_core.so
LoadModule authz_user_module $M/mod_authz_user.so
LoadModule auth_gssapi_module $M/mod_auth_gssapi.so
LoadModule dir_module $M/mod_dir.so
LoadModule mime_module $M/mod_mime.so
User www-data
Group www-data
TypesConfig /dev/null
DocumentRoot "$W/www"
DirectoryIndex index.html
ErrorLog "$W/logs/error.log"
LogLevel info auth_gssapi:debug
KeepAlive On
<Directory "$W/www">
  Require all granted
</Directory>
<Location /ntlm/>
  AuthType GSSAPI
  AuthName "ntlm"
  GssapiAllowedMech ntlmssp
  GssapiConnectionBound On
  GssapiBasicAuth Off
  Require valid-user
</Location>
C
NTLM_USER_FILE="$W/users"; export NTLM_USER_FILE
setsid /usr/sbin/apache2 -d "$W" -f "$W/httpd.conf" -DFOREGROUND >"$W/logs/out" 2>&1 </dev/null &
PID=$!
i=0
until curl -sf -o /dev/null "http://127.0.0.1:$PORT/open/"; do
  i=$((i + 1))
  if [ $i -gt 100 ] || ! kill -0 $PID 2>/dev/null; then
    echo "apache2 does not answer (is $W readable for www-data?)" >&2; cat "$W/logs/out" "$W/logs/error.log" >&2; kill $PID 2>/dev/null; exit 1
  fi
  sleep 0.1
done
# setsid may have forked: the pid file knows
cat "$W/run/httpd.pid"
