"""A failed activity's details: the dump of a .NET exception that the extension puts into the history."""

from __future__ import annotations

from typing import Any

from devhost.protocol.events import compact

HRESULT = -2146233088


def details(message: str, stack: str) -> str:
    """The JSON of System.Exception around the worker's RpcException."""
    full = f"Result: Failure\nException: {message}\nStack: {stack}"
    inner: dict[str, Any] = {
        "$type": "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script",
        "Message": full,
        "Data": {"$type": "System.Collections.ListDictionaryInternal, System.Private.CoreLib"},
        "InnerException": None,
        "HelpLink": None,
        "Source": "Microsoft.Azure.WebJobs.Script",
        "HResult": HRESULT,
        "StackTrace": None,
    }
    return compact(
        {
            "$type": "System.Exception, System.Private.CoreLib",
            "ClassName": "System.Exception",
            "Message": f" {message}",
            "Data": None,
            "InnerException": inner,
            "HelpURL": None,
            "StackTraceString": None,
            "RemoteStackTraceString": None,
            "RemoteStackIndex": 0,
            "ExceptionMethod": None,
            "HResult": HRESULT,
            "Source": None,
            "WatsonBuckets": None,
        }
    )
