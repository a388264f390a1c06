"""How schemathesis signs in: as the owner, by a session, because no service token may do everything.

Signing out and changing the password end sessions, so each of these requests comes with a session of its own. The run finds
the owner among the people, too, and would lock them out: such a request is sent for somebody who does not exist.
"""

import os
import threading

import requests
import schemathesis

CLOUD = os.environ["CLOUD_URL"]
FORM = {"email": os.environ["CLOUD_EMAIL"], "password": os.environ["CLOUD_PASSWORD"]}
ENDS_SESSIONS = {("DELETE", "/api/v1/session"), ("PUT", "/api/v1/session/password")}
NOBODY = "00000000-0000-7000-8000-000000000000"

_shared = {}
_lock = threading.Lock()


def sign_in():
    answer = requests.post(f"{CLOUD}/api/v1/session", json=FORM, timeout=60)
    # Wrong guesses of the run itself can lock the address for a while; the shared session goes on.
    if answer.status_code == 429 and _shared:
        return _shared
    answer.raise_for_status()
    cookie = answer.headers["set-cookie"].split(";")[0].split("=", 1)
    told = answer.json()
    return {"cookie": cookie, "csrf": told["csrf_token"], "person": told["actor"].removeprefix("user:")}


@schemathesis.auth(refresh_interval=None)
class Owner:
    def get(self, case, context):
        if (case.method.upper(), case.operation.path) in ENDS_SESSIONS:
            return sign_in()
        with _lock:
            if not _shared:
                _shared.update(sign_in())
            return _shared

    def set(self, case, data, context):
        name, value = data["cookie"]
        case.cookies = {**(case.cookies or {}), name: value}
        case.headers = {**(case.headers or {}), "X-CSRF-Token": data["csrf"]}


@schemathesis.hook
def before_call(context, case, kwargs):
    parameters = case.path_parameters or {}
    if _shared and parameters.get("person") == _shared["person"] and case.method.upper() != "GET":
        parameters["person"] = NOBODY
