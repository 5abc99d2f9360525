"""Greenlight: an Azure Functions app. This file registers the blueprints, nothing else."""

import azure.durable_functions as df
import azure.functions as func

from activities import approval as approval_activities
from activities import approval_tasks, escalation, revisions
from activities import conditions as condition_activities
from activities import publication as publication_activities
from activities import screening as screening_activities
from adapters.bootstrap import ports
from http_api.discovery import blueprints
from orchestrators import approval, conditions, publication, screening, sentinel
from timers import nightly, sweep

ports()  # a wrong setting stops the app here, with a sentence, instead of at the first request

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for room in (
    (sweep, nightly),
    (approval, screening, conditions, publication, sentinel),
    (
        approval_activities,
        revisions,
        screening_activities,
        approval_tasks,
        escalation,
        condition_activities,
        publication_activities,
    ),
):
    for blueprint in room:
        app.register_functions(blueprint.bp)
for routes in blueprints():
    app.register_functions(routes)
