"""Functions run as AWS runs them. Each patch of local/ministack/inside/functions.py, and MiniStack without it."""

import json
import re

import pytest

LOOK_AROUND = """
    import os, sys

    def handler(event, context):
        return {"variables": dict(os.environ), "path": sys.path, "memory": context.memory_limit_in_mb}
"""
RAISE = """
    def handler(event, context):
        raise ValueError("no such thing")
"""
AWS_SETS = {
    "AWS_ACCESS_KEY_ID", "AWS_CA_BUNDLE", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_TASK_ROOT",
    "LANG", "PATH", "PYTHONPATH", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "TMPDIR", "TZ", "_HANDLER",
    # The shell's and the runtime client's own.
    "PWD", "SHLVL", "OLDPWD", "_", "LC_CTYPE", "_X_AMZN_TRACE_ID",
}


def test_a_function_sees_its_own_variables_and_what_aws_sets(cloud):
    cloud.function("look-around", LOOK_AROUND, variables={"OWN": "value"})

    seen = cloud.call("look-around")
    assert seen["variables"]["OWN"] == "value"
    assert set(seen["variables"]) - AWS_SETS == {"OWN"}


def test_a_function_cannot_import_what_only_the_twin_has(cloud):
    cloud.function("import-it", """
        def handler(event, context):
            import importlib.util
            return [name for name in ("ministack", "bridge", "requests") if importlib.util.find_spec(name)]
    """)
    assert cloud.call("import-it") == []


def test_ministack_alone_still_lets_its_own_packages_through(plain_cloud):
    plain_cloud.function("import-it", """
        def handler(event, context):
            import importlib.util
            return [name for name in ("ministack", "requests") if importlib.util.find_spec(name)]
    """)
    assert plain_cloud.call("import-it") == ["ministack", "requests"]


def test_an_error_keeps_its_type(cloud, plain_cloud):
    cloud.function("raise", RAISE)
    assert cloud.call("raise")["errorType"] == "ValueError"

    plain_cloud.function("raise", RAISE)
    assert plain_cloud.call("raise")["errorType"] == "Runtime.HandlerError", "MiniStack keeps it now: drop the patch"


def test_a_function_finds_its_layers_the_later_before_the_earlier(cloud, zipped):
    contents = {name: {"ZipFile": zipped({"python/both.py": f"NAME = {name!r}\n"})} for name in ("first", "second")}
    layers = [cloud.lambda_.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"] for name, content in contents.items()]
    cloud.function("layered", "from both import NAME\n\ndef handler(event, context):\n    return NAME\n", Layers=layers)

    assert cloud.call("layered") == "second"


def test_a_function_cannot_have_more_memory_than_it_was_given(cloud):
    cloud.function("greedy", "def handler(event, context):\n    return len(bytearray(event['mb'] << 20))\n", MemorySize=256)

    assert cloud.call("greedy", mb=400)["errorType"] == "MemoryError"
    assert cloud.call("greedy", mb=100) == 100 << 20


def test_a_function_trusts_the_twin_whichever_library_asks(cloud):
    cloud.function("ask", """
        import os, ssl, urllib.request
        import boto3

        def handler(event, context):
            with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_ministack/health") as answer:
                return [answer.status, boto3.client("sts").get_caller_identity()["Arn"]]
    """)
    assert cloud.call("ask") == [200, "arn:aws:sts::000000000000:assumed-role/all/ask"]


def test_what_a_function_says_last_is_in_its_log(cloud):
    cloud.function("say", "def handler(event, context):\n    print('last words', event['number'])\n")

    for number in range(5):
        cloud.call("say", number=number)
    events = cloud.logs.filter_log_events(logGroupName="/aws/lambda/say")["events"]
    assert [event["message"] for event in events if "last words" in event["message"]] == [f"last words {n}" for n in range(5)]


def test_ministack_alone_still_waits_50_ms_for_lines_that_never_come(asked_of_ministack):
    assert asked_of_ministack("""
        import inspect
        from ministack.core.lambda_runtime import Worker
        print(inspect.signature(Worker._drain_stderr_bounded).parameters["first_line_wait"].default)
    """) == "0.05"


def test_a_killed_worker_is_an_error_and_the_next_call_has_a_new_one(cloud):
    cloud.function("live", "import os\n\ndef handler(event, context):\n    return os.getpid()\n")
    first = cloud.call("live")
    assert cloud.call("live") == first

    assert cloud.ask("kill", function="live") == {"killed": 1}
    assert cloud.call("live") != first


@pytest.mark.parametrize(("end", "how"), [("os.kill(os.getpid(), 9)", "signal: killed"), ("os._exit(3)", "exit status 3")])
def test_who_waits_for_a_worker_that_dies_is_told_in_awss_words(cloud, end, how):
    name = f"dying-{how[-1]}"
    cloud.function(name, f"import os\n\ndef handler(event, context):\n    {end}\n")

    answer = cloud.lambda_.invoke(FunctionName=name)
    told = json.loads(answer["Payload"].read())

    assert answer["FunctionError"] == "Unhandled"
    assert told["errorType"] == "Runtime.ExitError"
    assert re.fullmatch(rf"RequestId: [0-9a-f-]{{36}} Error: Runtime exited with error: {how}", told["errorMessage"])


def test_a_function_can_be_started_before_it_is_needed(cloud):
    cloud.function("early", "import os, time\nBORN = time.time()\n\ndef handler(event, context):\n    return BORN\n")

    cloud.ask("warm", functions=["early"])
    began = cloud.call("early")
    assert cloud.ask("kill", function="early") == {"killed": 1}
    assert cloud.call("early") > began
