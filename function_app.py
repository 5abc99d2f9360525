"""Greenlight: an Azure Functions app. This file registers the blueprints, nothing else."""

import azure.durable_functions as df
import azure.functions as func
from adapters.bootstrap import ports

from activities import approval_tasks, escalation, revisions, screening
from activities import conditions as condition_activities
from activities import publication as publication_activities
from http_api import blueprints
from orchestrators import approval, conditions, publication
from orchestrators import screening as screening_orchestrator
from timers import sweep

ports()  # a wrong setting stops the app here, with a sentence, instead of at the first request

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for blueprint in (
    approval.bp,
    screening_orchestrator.bp,
    conditions.bp,
    publication.bp,
    revisions.bp,
    screening.bp,
    approval_tasks.bp,
    escalation.bp,
    condition_activities.bp,
    publication_activities.bp,
    sweep.bp,
    *blueprints,
):
    app.register_functions(blueprint)
