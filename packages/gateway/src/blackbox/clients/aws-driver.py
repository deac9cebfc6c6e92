"""
boto3 and the AWS CLI, driven by the black-box tests: one process, a call a line.

In, a line of JSON for each call: {"id", "client": "boto3" | "cli", "service", "url", "keyId", "secret", "operation",
"input", "records"}; the service is kinesis unless it is named; blobs are {"$bytes": base64}, timestamps {"$time": epoch ms}; "records" only for SubscribeToShard, the records
to wait for. Out, a line for each: {"id", "output"}, or {"id", "error": {"type", "message", "status", "class"}}, or
{"id", "failure"} for what was no answer of the server. The first line out says what there is: {"boto3", "cli",
"operations": {"boto3": [...], "cli": [...]}, "services": {"boto3": {service: [...]}, "cli": ...}}; a version is null where the library is not installed.

The CLI is its own code, called in this process: starting it takes half a second, calling it a few hundredths. Checks of
inputs on the client's side are off, since it is the server's that are tested.
"""
import base64
import contextlib
import datetime
import io
import json
import os
import re
import sys
import tempfile

CONFIG = """[default]
parameter_validation = false
cli_binary_format = raw-in-base64-out
cli_pager =
cli_timestamp_format = iso8601
"""


def isolate():
    """Nothing of the user's own configuration counts."""
    for name in list(os.environ):
        if name.startswith('AWS_'):
            del os.environ[name]
    handle, path = tempfile.mkstemp(prefix='millrace-aws-')
    with os.fdopen(handle, 'w') as file:
        file.write(CONFIG)
    os.environ['AWS_CONFIG_FILE'] = path
    os.environ['AWS_SHARED_CREDENTIALS_FILE'] = os.devnull
    os.environ['AWS_EC2_METADATA_DISABLED'] = 'true'
    os.environ['AWS_MAX_ATTEMPTS'] = '1'
    os.environ['AWS_DEFAULT_REGION'] = 'us-east-1'
    os.environ['AWS_PAGER'] = ''
    return path


SERVICES = ['kinesis', 'dynamodb', 'dynamodbstreams', 'firehose']


class Boto3:
    def __init__(self):
        import boto3
        import botocore.session

        self.version = boto3.__version__
        session = botocore.session.get_session()
        self.services = {name: sorted(session.get_service_model(name).operation_names) for name in SERVICES}
        self.clients = {}

    def client(self, call):
        import boto3
        from botocore.config import Config

        key = (call['service'], call['url'], call['keyId'], call['secret'])
        if key not in self.clients:
            self.clients[key] = boto3.client(
                call['service'],
                endpoint_url=call['url'],
                aws_access_key_id=call['keyId'],
                aws_secret_access_key=call['secret'],
                region_name='us-east-1',
                config=Config(parameter_validation=False, retries={'total_max_attempts': 1}),
            )
        return self.clients[key]

    def run(self, call):
        import botocore
        from botocore.exceptions import ClientError, EventStreamError

        client = self.client(call)
        method = getattr(client, botocore.xform_name(call['operation']))
        try:
            output = method(**decode(call['input']))
            if call['operation'] == 'SubscribeToShard':
                output = {'Events': self.events(output['EventStream'], call['records'])}
        except (ClientError, EventStreamError) as error:
            metadata = error.response.get('ResponseMetadata', {})
            return {
                'error': {
                    'type': error.response['Error']['Code'],
                    'message': error.response['Error']['Message'],
                    'status': metadata.get('HTTPStatusCode', 200),
                    'class': type(error).__name__,
                }
            }
        output.pop('ResponseMetadata', None)
        return {'output': encode(output)}

    def events(self, stream, records):
        events = []
        seen = 0
        for event in stream:
            event = event['SubscribeToShardEvent']
            events.append(event)
            seen += len(event.get('Records', []))
            if seen >= records:
                break
        stream.close()
        return events


class Cli:
    def __init__(self):
        import awscli
        import botocore
        from awscli.clidriver import create_clidriver

        self.version = awscli.__version__
        self.make = create_clidriver
        self.xform_name = botocore.xform_name
        self.drivers = {}
        self.services = {}
        self.required = {}
        for service in SERVICES:
            commands = self.driver('', '')._get_command_table()[service]._get_command_table()
            model = self.driver('', '').session.get_service_model(service)
            names = sorted(name for name in model.operation_names if self.xform_name(name, '-') in commands)
            self.services[service] = names
            for name in names:
                self.required[service, name] = self.required_of(model, name)

    def required_of(self, model, name):
        shape = model.operation_model(name).input_shape
        return set(shape.required_members) if shape else set()

    def driver(self, key_id, secret):
        os.environ['AWS_ACCESS_KEY_ID'] = key_id
        os.environ['AWS_SECRET_ACCESS_KEY'] = secret
        if (key_id, secret) not in self.drivers:
            self.drivers[key_id, secret] = self.make()
        return self.drivers[key_id, secret]

    def run(self, call):
        values = {name: textual(value) for name, value in call['input'].items()}
        arguments = [call['service'], self.xform_name(call['operation'], '-')]
        if self.required[call['service'], call['operation']] - set(values):
            # The command line refuses what lacks a required argument, the other form does not.
            arguments += ['--cli-input-json', json.dumps(values)]
        else:
            for name, value in values.items():
                arguments += self.argument(name, value)
        arguments += ['--endpoint-url', call['url'], '--output', 'json', '--no-paginate']
        out = io.TextIOWrapper(io.BytesIO(), encoding='utf-8', write_through=True)
        errors = io.StringIO()
        driver = self.driver(call['keyId'], call['secret'])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            try:
                code = driver.main(arguments)
            except SystemExit as error:
                code = error.code
        text = out.buffer.getvalue().decode('utf-8')
        if code == 0:
            return {'output': json.loads(text) if text.strip() else {}}
        return self.error(call, code, errors.getvalue())

    def argument(self, name, value):
        option = '--' + self.xform_name(name, '-')
        if isinstance(value, bool):
            return [option if value else '--no-' + option[2:]]
        return [f'{option}={value if isinstance(value, str) else json.dumps(value)}']

    def error(self, call, code, text):
        # The text may go on with the number of tries, in brackets.
        pattern = rf'An error occurred \((\w+)\) when calling the {call["operation"]} operation(?: \([^)]*\))?: ?(.*)'
        found = re.search(pattern, text, re.DOTALL)
        if found is None:
            return {'failure': f'exit code {code}: {text.strip()}'}
        kind, message = found.group(1), found.group(2).strip()
        # The CLI shows neither status nor class.
        return {'error': {'type': kind, 'message': message, 'status': None, 'class': None}}


def decode(value):
    """Inputs as boto3 takes them."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if '$bytes' in value:
        return base64.b64decode(value['$bytes'])
    if '$time' in value:
        return datetime.datetime.fromtimestamp(value['$time'] / 1000, datetime.timezone.utc)
    return {name: decode(item) for name, item in value.items()}


def textual(value):
    """Inputs as somebody would type them for the CLI: blobs as text, timestamps as seconds."""
    if isinstance(value, list):
        return [textual(item) for item in value]
    if not isinstance(value, dict):
        return value
    if '$bytes' in value:
        return base64.b64decode(value['$bytes']).decode('utf-8')
    if '$time' in value:
        return f'{value["$time"] / 1000:.3f}'
    return {name: textual(item) for name, item in value.items()}


def encode(value):
    """Outputs of boto3 as JSON, in the form of the wire: base64 and epoch seconds."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode('ascii')
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {name: encode(item) for name, item in value.items()}
    return value


def load(kind):
    try:
        return kind()
    except ImportError:
        return None


def main():
    config = isolate()
    say = lambda answer: print(json.dumps(answer), file=answers, flush=True)
    answers = sys.stdout
    clients = {'boto3': load(Boto3), 'cli': load(Cli)}
    about = {name: client and client.version for name, client in clients.items()}
    about['services'] = {name: client.services if client else {} for name, client in clients.items()}
    about['operations'] = {name: services.get('kinesis', []) for name, services in about['services'].items()}
    say(about)
    try:
        for line in sys.stdin:
            call = {'service': 'kinesis', **json.loads(line)}
            try:
                answer = clients[call['client']].run(call)
            except Exception as error:
                answer = {'failure': f'{type(error).__name__}: {error}'}
            say({'id': call['id'], **answer})
    finally:
        os.unlink(config)


main()
