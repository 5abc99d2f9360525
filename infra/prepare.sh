#!/bin/sh
# What must be there before provisioning: the app registration, and the resource provider that a subnet is delegated to.
# Azure registers a provider by itself only where a template makes one of its resources. azd and infra/deploy.sh run this.
set -eu
cd "$(dirname "$0")/.."

if [ "$(az provider show --namespace Microsoft.App --query registrationState --output tsv)" != Registered ]; then
    az provider register --namespace Microsoft.App --wait
fi
python3 infra/entra_app.py create
