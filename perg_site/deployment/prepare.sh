#!/bin/sh
# Makes what docker-compose.yml needs beside it: random secrets in secrets/, and in .env the images with their digests.
# What is there stays as it is, so it can be run again.
#
#   prepare.sh            make what is missing
#   prepare.sh --update   and look the digests up again, for newer images of the same tags
#   prepare.sh --gpu      and that of vLLM, for docker-compose.gpu.yml
#   prepare.sh --check    change nothing; fail where an image has no digest or a secret is missing
set -eu
cd "$(dirname "$0")/../.."
umask 077

update=no gpu=no check=no
for option in "$@"; do
    case $option in
        --update) update=yes ;;
        --gpu) gpu=yes ;;
        --check) check=yes ;;
        *) echo "Unknown option $option" >&2; exit 2 ;;
    esac
done

IMAGES="PYTHON_IMAGE=python:3.11-slim
PROXY_IMAGE=nginxinc/nginx-unprivileged:1.28
POSTGRES_IMAGE=postgres:18
REDIS_IMAGE=redis:7"
[ $gpu = no ] || IMAGES="$IMAGES
VLLM_IMAGE=vllm/vllm-openai:v0.11.0"
SECRETS="secret_key postgres_password redis_password database_url redis_url"

in_env() { [ ! -f .env ] || sed -n "s/^$1=//p" .env | tail -n 1; }
has_digest() { in_env "$1" | grep -Eq '@sha256:[0-9a-f]{64}$'; }
random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

if [ $check = yes ]; then
    missing=""
    for image in $IMAGES; do has_digest "${image%%=*}" || missing="$missing ${image%%=*}"; done
    for name in $SECRETS; do [ -s "secrets/$name" ] || missing="$missing secrets/$name"; done
    [ -z "$missing" ] || { echo "Missing, or without a digest:$missing" >&2; exit 1; }
    exit 0
fi

# The folder is closed to everybody else; a file in it can be read by the user of the container that it is given to.
mkdir -p secrets
make_secret() {
    [ -s "secrets/$1" ] || { printf '%s' "$2" >"secrets/$1.new" && chmod 444 "secrets/$1.new" && mv "secrets/$1.new" "secrets/$1"; }
}
# Earlier versions had these two in .env: the database goes on with its password.
old_key=$(in_env SECRET_KEY)
old_password=$(in_env POSTGRES_PASSWORD)
make_secret secret_key "${old_key:-$(random)}"
make_secret postgres_password "${old_password:-$(random)}"
make_secret redis_password "$(random)"
make_secret database_url "postgres://perg:$(cat secrets/postgres_password)@postgres:5432/perg"
make_secret redis_url "redis://:$(cat secrets/redis_password)@redis:6379/0"

for image in $IMAGES; do
    name=${image%%=*} tag=${image#*=}
    if [ $update = no ] && has_digest "$name"; then continue; fi
    docker pull --quiet "$tag" >/dev/null
    digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$tag")
    { [ ! -f .env ] || sed "/^$name=/d" .env; echo "$name=$tag@${digest##*@}"; } >.env.new
    mv .env.new .env
    echo "$name=$tag@${digest##*@}"
done
