<?php
// A client as PHP programs write it: streams, Basic, plain JSON asked for, the id cut from Location.
[, $url, $certificate, $user, $password] = $argv;

function call(string $method, string $path, ?array $body = null, string $type = 'application/json'): array
{
    global $url, $certificate, $user, $password;
    $headers = ['Accept: application/json', 'Authorization: Basic ' . base64_encode("$user:$password")];
    if ($body !== null) {
        $headers[] = "Content-Type: $type";
    }
    $context = stream_context_create([
        'http' => [
            'method' => $method, 'header' => $headers, 'content' => $body === null ? '' : json_encode($body),
            'ignore_errors' => true, 'follow_location' => 0, 'protocol_version' => 1.1,
        ],
        'ssl' => ['cafile' => $certificate],
    ]);
    $text = file_get_contents($url . $path, false, $context);
    preg_match('/^HTTP\/\S+ (\d+)/', $http_response_header[0], $status);
    $found = [];
    foreach ($http_response_header as $line) {
        if (preg_match('/^([^:]+): (.*)$/', $line, $parts)) {
            $found[strtolower($parts[1])] = $parts[2];
        }
    }
    return [(int) $status[1], $found, json_decode($text, true)];
}

function must(bool $is, string $what, mixed $found): void
{
    if (!$is) {
        fwrite(STDERR, "$what: " . json_encode($found) . "\n");
        exit(1);
    }
}

[$status, $headers] = $made = call('POST', '/api/customercontacts/', ['email' => 'php@example.org', 'reseller_id' => 1]);
must($status === 201, 'made', $made);
must(preg_match('/^\/api\/customercontacts\/(\d+)$/', $headers['location'], $id) === 1, 'location', $headers);
$path = "/api/customercontacts/$id[1]";
[$status, $headers, $item] = $read = call('GET', $path);
must($status === 200 && str_starts_with($headers['content-type'], 'application/json'), 'read', $read);
must($item['email'] === 'php@example.org' && $item['id'] === (int) $id[1], 'fields', $item);
[$status] = $patched = call('PATCH', $path, [['op' => 'replace', 'path' => '/city', 'value' => 'Wien']], 'application/json-patch+json');
must($status === 204, 'patched', $patched);
[$status, , $found] = $listed = call('GET', '/api/customercontacts/?email=php*');
$embedded = $found['_embedded']['ngcp:customercontacts'];
must($found['total_count'] === 1 && $embedded[0]['city'] === 'Wien', 'listed', $listed);
[$status, $headers] = $moved = call('POST', '/api/callforwards', []);
must($status === 301 && $headers['location'] === "$url/api/callforwards/", 'moved', $moved);
[$status, , $refused] = call('POST', '/api/customercontacts/', ['email' => 'nowhere', 'reseller_id' => 1]);
must($status === 422 && $refused['code'] === 422 && str_contains($refused['message'], "field='email'"), 'refused', $refused);
[$status] = $removed = call('DELETE', $path);
must($status === 204, 'removed', $removed);
echo "done\n";
