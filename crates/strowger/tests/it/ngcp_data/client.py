"""A client with nothing but Python's own library: a token, and all pages of a collection by their links."""

import json
import ssl
import sys
import urllib.error
import urllib.request

url, certificate, username, password = sys.argv[1:]
context = ssl.create_default_context(cafile=certificate)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def call(method, path, body=None, token=None, media_type="application/json"):
    """Sends a request, and returns status, headers and the document."""
    headers = {"Content-Type": media_type} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url + path, data=data, headers=headers, method=method)
    try:
        with opener.open(request) as answer:
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


status, _, answer = call("POST", "/login_jwt", {"username": username, "password": password})
assert status == 200, answer
token = answer["jwt"]
made = set()
for n in range(7):
    contact = {"email": f"page{n}@py.example.org", "reseller_id": 1}
    status, headers, answer = call("POST", "/api/customercontacts/", contact, token)
    assert status == 201, answer
    made.add(headers["Location"])

found, path, pages = set(), "/api/customercontacts/?email=page*@py.example.org&rows=3", 0
while path:
    status, _, page = call("GET", path, token=token)
    assert status == 200 and page["total_count"] == 7, page
    found |= {item["_links"]["self"]["href"] for item in page["_embedded"]["ngcp:customercontacts"]}
    path = page["_links"].get("next", {}).get("href")
    pages += 1
assert (found, pages) == (made, 3), (found, made, pages)

for path in made:
    status, _, answer = call("DELETE", path, token=token)
    assert status == 204, answer
assert call("GET", "/api/customercontacts/")[0] == 401
print("done")
