"""What policies are told, where MiniStack forgets something: of AWS's own services, and of keys that end in a slash."""

import re
from typing import Any

from ministack.core import iam_actions, iam_evaluator  # type: ignore[import-untyped]
from ministack.services import transfer  # type: ignore[import-untyped]


def deliver_over_tls() -> None:
    """Deliveries of AWS's services count as encrypted, as they are on AWS: `enforce_ssl` must not refuse them."""
    evaluate = iam_evaluator.evaluate_resource_policy

    def over_tls(policy: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        if context.principal_type == "Service":
            context.secure_transport = True
        return evaluate(policy, context, *args, **kwargs)

    iam_evaluator.evaluate_resource_policy = over_tls


def ask_about_folders_by_their_key() -> None:
    """`folder/` is asked about as `folder/`, not as `folder`: else a policy that keeps partners from making folders does nothing."""
    arn_of = iam_actions.extract_resource_arn

    def with_slash(service: str, method: str, path: str, *more: Any) -> str:
        arn: str = arn_of(service, method, path, *more)
        is_folder = service == "s3" and path.endswith("/") and "/" in arn and not arn.endswith("/")
        return f"{arn}/" if is_folder else arn

    iam_actions.extract_resource_arn = with_slash


def come_as_transfer_family() -> None:
    """Root that takes on a role is the endpoint in Transfer's place, and says for which server's user, as Transfer does.

    Else a trust that insists on `aws:SourceAccount` and `aws:SourceArn` refuses it.
    """
    evaluate = iam_evaluator.evaluate_trust_policy

    def with_source(policy: Any, caller: str, context: Any = None) -> Any:
        if context is not None and context.principal_type == "Root" and "aws:sourcearn" not in context.service_context:
            context.service_context.update(_source(context))
        return evaluate(policy, caller, context)

    iam_evaluator.evaluate_trust_policy = with_source


def _source(context: Any) -> dict[str, str]:
    session = context.service_context.get("sts:rolesessionname") or ""
    named = re.search(r"@(s-[0-9a-f]+)$", session)  # a long user's name is cut there, and the server's with it
    server = named[1] if named else next((server["ServerId"] for server in transfer._servers._data.values()), "")
    account, user = context.principal_account, session.partition("@")[0].rpartition(".")[0] or "user"
    return {"aws:sourceaccount": account, "aws:sourcearn": f"arn:aws:transfer:{context.region}:{account}:user/{server}/{user}"}
