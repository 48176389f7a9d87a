//! The chapters of the page that hold for all resources: how to log in, and what the dialect's conventions are.

use registry::{auth_token, ban, clock};

use super::components::REFUSALS;
use super::page::{code, escaped, list, paragraph};
use crate::kernel::list::MOST_ROWS;

/// The chapters with their anchors, for the table of contents.
pub(super) const CHAPTERS: &[(&str, &str)] = &[
    ("overview", "Overview"),
    ("auth", "Logging in"),
    ("items", "Items and links"),
    ("paging", "Pages and order"),
    ("filters", "Filters"),
    ("changes", "Making and changing"),
    ("patch", "JSON Patch"),
    ("expand", "Expanding ids"),
    ("journals", "Journals"),
    ("errors", "Errors"),
];

/// All chapters; `host` is where the reader has found the page.
pub(super) fn chapters(host: &str) -> String {
    let texts = [
        overview(),
        auth(host),
        items(),
        paging(host),
        filters(host),
        changes(host),
        patch(host),
        expand(host),
        journals(),
        errors(),
    ];
    let chapter = |((anchor, title), text): (&(&str, &str), String)| {
        format!("<section><h2 id=\"{anchor}\">{title}</h2>\n{text}</section>\n")
    };
    CHAPTERS.iter().zip(texts).map(chapter).collect()
}

fn overview() -> String {
    paragraph(
        "This API manages accounts, numbers, subscribers and all that belongs to them. It speaks JSON over HTTPS: a \
         resource is a collection at <code>/api/NAME/</code> with items at <code>/api/NAME/ID</code>. Clients of the NGCP API \
         work with it as they are.",
    ) + &paragraph(
        "The page lists what your role can see. The same is there for programs: as \
         <a href=\"/api/?openapi=json\">OpenAPI 3.1</a> (also <a href=\"/api/?openapi=yml\">as YAML</a>), and as a short \
         overview where <code>Accept: application/json</code> asks for it.",
    ) + &paragraph(
        "A path is the same with doubled slashes. A collection without its last slash is answered with 301. A method that a \
         path does not have is answered with 404, and <code>OPTIONS</code> says which ones it has for you. Clients that can \
         only send <code>GET</code> and <code>POST</code> name the method in the header \
         <code>X-HTTP-Method-Override</code>.",
    )
}

fn auth(host: &str) -> String {
    let minutes = |micros: i64| micros / clock::SECOND / 60;
    paragraph(
        "Every request says who is calling, in one of three ways. There are two doors: administrators, resellers and those who \
         care for customers use one, subscribers the other, on a port of its own. What you may do depends on your role; what \
         is not yours is not there for you: it is answered with 404.",
    ) + "<h3>User name and password</h3>\n"
        + &paragraph(
            "HTTP Basic. The realm is <code>api_admin_http</code> for administrators and <code>api_subscriber_http</code> for \
             subscribers. A subscriber's user name is <code>webuser@domain</code>, or <code>webuser</code> alone where the \
             request is sent to the host of that name; the password is the web password.",
        )
        + &code(&format!("curl -u USER:PASSWORD 'https://{host}/api/customers/?rows=5'"))
        + &paragraph("In Perl:")
        + &code(&format!(
            "use LWP::UserAgent;\nuse JSON;\n\nmy $agent = LWP::UserAgent->new;\n\
             $agent->credentials('{host}', 'api_admin_http', 'USER', 'PASSWORD');\n\
             my $answer = $agent->get('https://{host}/api/customers/?rows=5');\n\
             die $answer->status_line unless $answer->is_success;\n\
             print decode_json($answer->content)->{{total_count}}, \"\\n\";"
        ))
        + &paragraph(&format!(
            "After {} failures within {} minutes a user name is banned for {} minutes, an address after {} failures. \
             Administrators see and lift bans under bannedusers and bannedips.",
            ban::USER_FAILURES,
            minutes(ban::WINDOW),
            minutes(ban::DURATION),
            ban::ADDRESS_FAILURES
        ))
        + &paragraph(
            "Who has a second factor switched on (<code>enable_2fa</code>: a field of administrators, a preference of \
             subscribers, their profiles and domains) also sends the code of the moment, in the header <code>X-OTP</code> or \
             as <code>otp</code> with <code>/login_jwt</code>; without a right one it is 403 <code>Invalid OTP</code>. A code \
             is good once, so that a program that makes more than one request takes a token. The secret for the program that \
             makes codes is under <code>otpsecret</code>, for the password alone, until the first code has been used; that \
             one ends older tokens.",
        )
        + "<h3>A token</h3>\n"
        + &paragraph(
            "<code>POST /login_jwt</code>, which lies beside <code>/api/</code> on either door, changes a user name and \
             password for a token (JWT), which stands for them until it expires. The same path renews a token \
             (<code>{\"jwt\": \"…\"}</code>).",
        )
        + &code(&format!(
            "curl -H 'Content-Type: application/json' -d '{{\"username\": \"USER\", \"password\": \"PASSWORD\"}}' \\\n     \
             https://{host}/login_jwt\n# {{\"id\": 7, \"jwt\": \"eyJ…\"}}\n\
             curl -H \"Authorization: Bearer $JWT\" https://{host}/api/admins/7"
        ))
        + &paragraph(&format!(
            "For a program that is to log in once, <code>POST /api/authtokens/</code> gives a token that \
             <code>/login_jwt</code> takes instead of the password (<code>{{\"token\": \"…\"}}</code>); it is good for {} \
             seconds where nothing else is asked.",
            auth_token::SHORT
        ))
        + "<h3>A client certificate</h3>\n"
        + &paragraph(
            "<code>POST /api/admincerts/</code> answers with an archive: the certificate with its key as PEM, and as PKCS #12. \
             A new certificate ends the one before.",
        )
        + &code(&format!(
            "curl -u USER:PASSWORD -H 'Content-Type: application/json' -d '{{}}' -o certificate.zip \\\n     \
             https://{host}/api/admincerts/\nunzip certificate.zip\n\
             curl --cert NGCP-API-client-certificate-SERIAL.pem https://{host}/api/customers/"
        ))
        + &paragraph("In Perl:")
        + &code(&format!(
            "my $agent = LWP::UserAgent->new(ssl_opts => {{\n    \
             SSL_cert_file => 'NGCP-API-client-certificate-SERIAL.pem',\n    \
             SSL_key_file  => 'NGCP-API-client-certificate-SERIAL.pem',\n}});\n\
             print $agent->get('https://{host}/api/customers/')->status_line, \"\\n\";"
        ))
}

fn items() -> String {
    paragraph(
        "Answers are HAL (<code>application/hal+json</code>; the same as <code>application/json</code> where \
         <code>Accept</code> is exactly that). An item has its fields, and its relations under <code>_links</code>: \
         <code>self</code>, <code>collection</code>, <code>profile</code>, <code>curies</code>, and others whose names begin \
         with <code>ngcp:</code>. Relations of this kind are arrays. In the legacy shape, which the operator of the server \
         can choose, one with a single member is a bare object.",
    ) + &paragraph(
        "A collection has its items under <code>_embedded</code>, their links under <code>_links</code>, and how many there are \
         on all pages as <code>total_count</code>. Without items there is no <code>_embedded</code>. The answer to \
         <code>GET</code> of an item repeats its links as <code>Link</code> headers.",
    )
}

fn paging(host: &str) -> String {
    list(&[
        "<code>page</code> (from 1) and <code>rows</code> (10 where it is not given) say which part of a collection is wanted.",
        &format!("Whoever asks for more than {MOST_ROWS} rows gets pages of {MOST_ROWS}."),
        "<code>next</code> and <code>prev</code> among the links lead to the neighbours. A page after the last is empty.",
        "<code>order_by</code> names what items are ordered by, <code>order_by_direction</code> is <code>asc</code> or \
         <code>desc</code>; else the order is that of their ids. Names that can't be ordered by are ignored.",
        "<code>no_count=1</code> spares the counting: <code>total_count</code> is null.",
    ]) + &paragraph(
        "Any page costs the same in a collection of any size, the exact count included, as long as the order is that of the \
         ids and there is no filter, or one for an exact value that the server counts, such as the reseller. Other filters and \
         orders cost what the database needs to find and sort all that matches.",
    ) + &code(&format!("curl -u USER:PASSWORD 'https://{host}/api/customercontacts/?page=2&rows=100&order_by=email'"))
}

fn filters(host: &str) -> String {
    paragraph(
        "Each resource says by which query parameters it is filtered. Several of them must all hold. <code>$null</code> and \
         <code>$not_null</code> ask for items without or with a value. Where a pattern is taken, <code>*</code> stands for any \
         text and a backslash takes the next character as it is; a pattern with one star at its end uses the index. \
         Parameters that a resource does not know are ignored.",
    ) + &code(&format!("curl -u USER:PASSWORD 'https://{host}/api/customercontacts/?email=ada*&reseller_id=1'"))
}

fn changes(host: &str) -> String {
    list(&[
        "<code>POST</code> to the collection makes an item: 201, with its path in <code>Location</code>. The body is \
         <code>application/json</code>.",
        "<code>PUT</code> replaces an item. On most resources what is left out keeps its value; those where it does not say so.",
        "<code>PATCH</code> changes some of it: see <a href=\"#patch\">JSON Patch</a>.",
        "<code>DELETE</code> removes it.",
        "A change is answered with 204 and no body, or with the changed item where <code>Prefer: \
         return=representation</code> asks for it.",
        "Texts are trimmed, and an empty one is null. Numbers may be sent as texts, truth values as 0 and 1. Fields that a \
         resource does not know, and those that can't be written, are dropped.",
        "A reseller need not send <code>reseller_id</code>: what it makes is its own.",
    ]) + &code(&format!(
        "curl -u USER:PASSWORD -X PUT -H 'Content-Type: application/json' -H 'Prefer: return=representation' \\\n     \
         -d '{{\"email\": \"ada@example.org\", \"reseller_id\": 1}}' https://{host}/api/customercontacts/12"
    ))
}

fn patch(host: &str) -> String {
    paragraph(
        "The body is an array of operations (RFC 6902) and its media type <code>application/json-patch+json</code>. All \
         resources take <code>replace</code> and <code>copy</code>; those that say so also take <code>add</code> and \
         <code>remove</code>. They are applied to the item as <code>GET</code> shows it, and the outcome is checked as that of \
         a <code>PUT</code>. A pointer that leads nowhere is 422.",
    ) + &code(&format!(
        "curl -u USER:PASSWORD -X PATCH -H 'Content-Type: application/json-patch+json' \\\n     \
         -d '[{{\"op\": \"replace\", \"path\": \"/status\", \"value\": \"locked\"}}]' https://{host}/api/customers/7"
    )) + &paragraph(
        "Two extensions serve lists. <code>{\"op\": \"add\", \"path\": \"/list\", \"value\": X, \"mode\": \"append\"}</code> \
         puts X, or each member of an array X, at the end. <code>{\"op\": \"remove\", \"path\": \"/list\", \"value\": X}</code> \
         takes out the members that are like X; with <code>index</code> only one of them, counted from the end. They come \
         after all other operations of the request.",
    )
}

fn expand(host: &str) -> String {
    paragraph(
        "<code>expand</code> names fields with ids, with commas between them, or says <code>all</code>: the item that an id \
         stands for is put beside it as <code>FIELD_expand</code>. A dot descends: <code>contact_id.reseller_id</code>. A name \
         that can't be expanded is 409, unless <code>soft_expand=1</code> says to pass it over. It is for those who care for \
         customers; others get the bare items.",
    ) + &code(&format!("curl -u USER:PASSWORD 'https://{host}/api/customers/?expand=contact_id'"))
}

fn journals() -> String {
    paragraph(
        "Resources with a journal write every change down. <code>/api/NAME/ID/journal/</code> lists the changes of an item, \
         oldest first, also of one that is gone; the filters are <code>operation</code> (create, update, delete), \
         <code>username</code>, <code>from</code> and <code>to</code>. <code>/api/NAME/ID/journal/ENTRY</code> also has the \
         item as it was after the change; <code>recent</code> stands for the newest entry.",
    )
}

fn errors() -> String {
    let rows: String =
        REFUSALS.iter().map(|(status, doc)| format!("<tr><td>{status}</td><td>{}</td></tr>\n", escaped(doc))).collect();
    paragraph(
        "A refusal has the HTTP status and a body with the same status and a message. Wrong fields are named one after the \
         other, with what was sent (secrets as stars) and what is wrong with it.",
    ) + &code(
        "{\"code\":422,\"message\":\"Validation failed. field='email', input='ada', errors='Email should be of the format \
         someuser@example.com'\"}",
    ) + &format!("<div class=\"table\"><table>\n<tr><th>Status</th><th>Meaning</th></tr>\n{rows}</table></div>\n")
}
