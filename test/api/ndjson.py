# For schemathesis: a body of lines, of which it makes one. Named to it by run.ts (SCHEMATHESIS_HOOKS).
import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def one_line(_context, value):
    return {"data": value if isinstance(value, bytes) else f"{json.dumps(value)}\n".encode()}
