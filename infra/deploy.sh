#!/bin/sh
# Provisions infra/ with the Azure CLI alone, where azd is not wanted: the same parameters and the same hooks.
#   AZURE_ENV_NAME=prod PARAMETER_FILE=prod AZURE_LOCATION=westeurope infra/deploy.sh what-if
#   AZURE_ENV_NAME=prod PARAMETER_FILE=prod AZURE_LOCATION=westeurope infra/deploy.sh
# Needs the Azure CLI, signed in. What hooks find out is kept in .azure/ENVIRONMENT/values, as azd keeps it in .env.
set -eu
cd "$(dirname "$0")/.."

for name in AZURE_ENV_NAME AZURE_LOCATION PARAMETER_FILE; do
    eval "value=\${$name:-}"
    if [ -z "$value" ]; then
        echo "deploy: $name is not set, for example: AZURE_ENV_NAME=prod PARAMETER_FILE=prod AZURE_LOCATION=westeurope." >&2
        exit 1
    fi
done
export VALUES_FILE="$PWD/.azure/$AZURE_ENV_NAME/values"
mkdir -p "$(dirname "$VALUES_FILE")"
touch "$VALUES_FILE"

# NAME=value a line; a value is everything after the first =
take() {
    while IFS= read -r line; do
        if [ -n "$line" ]; then export "${line%%=*}=${line#*=}"; fi
    done
}

deployment() {
    az deployment sub "$@" --name "greenlight-$AZURE_ENV_NAME" --location "$AZURE_LOCATION" \
        --parameters infra/main.bicepparam
}

take <"$VALUES_FILE"
if [ "${1:-}" = what-if ]; then
    deployment what-if
    exit
fi
infra/prepare.sh
take <"$VALUES_FILE"
deployment create --output none
az deployment sub show --name "greenlight-$AZURE_ENV_NAME" --query properties.outputs --output json |
    python3 -c 'import json, sys
for name, output in json.load(sys.stdin).items():
    print(name.upper(), output["value"], sep="=")  # Azure changes the case of names' \
        >"$VALUES_FILE.outputs"
take <"$VALUES_FILE.outputs"
python3 infra/entra_app.py finish
