#!/bin/sh
# The Entra app registration that people sign in with. azd runs it around provisioning; it may also be run by hand.
#   infra/entra-app.sh create   before: makes the registration, unless AUTH_CLIENT_ID names one
#   infra/entra-app.sh finish   after: tells it where people come back to, and lets the app's identity stand in for a
#                               client secret, so that there is none to keep or to rotate
# Needs the Azure CLI, signed in as somebody who may register applications, and the values of the azd environment.
set -eu

graph=https://graph.microsoft.com/v1.0

need() {
    for name in "$@"; do
        eval "value=\${$name:-}"
        if [ -z "$value" ]; then
            echo "entra-app: $name is not set: run this by azd, or set it to the azd environment's value." >&2
            exit 1
        fi
    done
}

patch() {
    az rest --method PATCH --uri "$graph/applications(appId='$AUTH_CLIENT_ID')" \
        --headers Content-Type=application/json --body "$1" >/dev/null
}

create() {
    if [ -n "${AUTH_CLIENT_ID:-}" ]; then
        echo "entra-app: people sign in with the registration $AUTH_CLIENT_ID"
        return
    fi
    need AZURE_ENV_NAME
    AUTH_CLIENT_ID=$(az ad app create --display-name "Greenlight ($AZURE_ENV_NAME)" \
        --sign-in-audience AzureADMyOrg --query appId --output tsv)
    patch "{\"identifierUris\": [\"api://$AUTH_CLIENT_ID\"],
        \"api\": {\"requestedAccessTokenVersion\": 2},
        \"web\": {\"implicitGrantSettings\": {\"enableIdTokenIssuance\": true}}}"
    az ad sp create --id "$AUTH_CLIENT_ID" >/dev/null
    azd env set AUTH_CLIENT_ID "$AUTH_CLIENT_ID"
    azd env set ENTRA_APP made-here
    echo "entra-app: made the registration $AUTH_CLIENT_ID"
}

redirects() {
    printf '"%s"' "$AUTH_REDIRECT_URI"
    if [ -n "${PUBLIC_URL:-}" ]; then
        printf ', "%s/.auth/login/aad/callback"' "$PUBLIC_URL"
    fi
}

finish() {
    need AUTH_CLIENT_ID AUTH_REDIRECT_URI APP_IDENTITY_PRINCIPAL_ID AZURE_TENANT_ID SERVICE_API_URI
    credential="{\"name\": \"greenlight-app\", \"subject\": \"$APP_IDENTITY_PRINCIPAL_ID\",
        \"issuer\": \"https://login.microsoftonline.com/$AZURE_TENANT_ID/v2.0\",
        \"audiences\": [\"api://AzureADTokenExchange\"]}"
    if [ "${ENTRA_APP:-}" = made-here ]; then
        patch "{\"web\": {\"redirectUris\": [$(redirects)]}}"
        known=$(az ad app federated-credential list --id "$AUTH_CLIENT_ID" \
            --query "[?name=='greenlight-app'].subject" --output tsv)
        if [ -z "$known" ]; then
            az ad app federated-credential create --id "$AUTH_CLIENT_ID" --parameters "$credential" >/dev/null
        elif [ "$known" != "$APP_IDENTITY_PRINCIPAL_ID" ]; then
            az ad app federated-credential update --id "$AUTH_CLIENT_ID" \
                --federated-credential-id greenlight-app --parameters "$credential" >/dev/null
        fi
    else
        echo "entra-app: whoever owns the registration $AUTH_CLIENT_ID adds, once:"
        echo "  redirect URIs         $(redirects)"
        echo "  federated credential  $credential"
    fi
    echo "Greenlight: $SERVICE_API_URI"
}

case "${1:-}" in
    create) create ;;
    finish) finish ;;
    *)
        echo "usage: infra/entra-app.sh create|finish" >&2
        exit 2
        ;;
esac
