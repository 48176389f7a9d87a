#!/usr/bin/perl
# The life of a customer and its subscriber, from the search for a billing profile to termination, as programs of the
# handbook's time write it: credentials bound to a realm, ids cut from Location, one item of a collection as an object.
use strict;
use warnings;
use v5.10;

use HTTP::Request;
use JSON qw();
use LWP::UserAgent;

my ($host, $user, $password, $domain, $number, $reseller_id) = @ARGV;
my $uri = "https://$host";
my $ua = LWP::UserAgent->new;
$ua->credentials($host, 'api_admin_http', $user, $password);
$| = 1;

# Sends a request, wants that status, and gives back the answer.
sub ask {
    my ($wanted, $method, $path, $content, %headers) = @_;
    my $req = HTTP::Request->new($method, "$uri$path");
    if (defined $content) {
        $req->header('Content-Type' => $method eq 'PATCH' ? 'application/json-patch+json' : 'application/json');
        $req->content(JSON::to_json($content));
    }
    $req->header($_ => $headers{$_}) for keys %headers;
    my $res = $ua->request($req);
    die "$method $path: wanted $wanted, got " . $res->code . ' ' . $res->decoded_content . "\n" if $res->code != $wanted;
    return $res;
}

# The id of what was just made.
sub made {
    my $id = ask(201, 'POST', @_)->header('Location');
    $id =~ s/^.+\/(\d+)$/$1/;
    return $id;
}

# 1 The profile that customers are billed by, found by its handle.
my $found = JSON::from_json(ask(200, 'GET', '/api/billingprofiles/?handle=my_test_profile')->decoded_content);
my $profile_id = $found->{_embedded}->{'ngcp:billingprofiles'}->{id};
say "profile $profile_id";

# 2 Who the customer is. Administrators say whose customer.
my $contact = { firstname => 'John', lastname => 'Doe', email => 'john.doe@example.com' };
$contact->{reseller_id} = $reseller_id if defined $reseller_id;
my $contact_id = made('/api/customercontacts/', $contact);
say "contact $contact_id";

# 3 The customer. Its ids are texts, as they came from Location.
my $customer_id = made('/api/customers/', {
    status => 'active', contact_id => $contact_id, billing_profile_id => $profile_id, type => 'sipaccount',
    external_id => undef,
});
say "customer $customer_id";

# 4 A subscriber with a number and two more.
my $subscriber_id = made('/api/subscribers/', {
    status => 'active', customer_id => $customer_id, domain => $domain,
    primary_number => { cc => 43, ac => 9876, sn => $number + 0 },
    alias_numbers => [ { cc => 43, ac => 9877, sn => $number + 0 }, { cc => 43, ac => 9878, sn => $number + 0 } ],
    username => "test_$number", password => 'secret subscriber pass',
    webusername => "test_$number", webpassword => undef, external_id => undef,
});
say "subscriber $subscriber_id";

# 5 Who can't be reached rings elsewhere.
ask(204, 'PUT', "/api/callforwards/$subscriber_id", {
    cfna => {
        destinations => [
            { destination => '4366610001', timeout => 10 },
            { destination => '4366710001', timeout => 300 },
        ],
        times => undef,
    },
}, Prefer => 'return=minimal');

# 6 Some preferences.
my $preferences = JSON::from_json(ask(200, 'GET', "/api/subscriberpreferences/$subscriber_id")->decoded_content);
delete $preferences->{_links};
$preferences->{prepaid_library} = 'libinewrate';
$preferences->{block_in_clir} = JSON::true;
$preferences->{block_in_list} = [ '4366412345', '431*' ];
ask(204, 'PUT', "/api/subscriberpreferences/$subscriber_id", $preferences, Prefer => 'return=minimal');

# 7 Two more numbers.
my $subscriber = JSON::from_json(ask(200, 'GET', "/api/subscribers/$subscriber_id")->decoded_content);
delete $subscriber->{_links};
push @{ $subscriber->{alias_numbers} }, { cc => 1, ac => 5432, sn => $number };
push @{ $subscriber->{alias_numbers} }, { cc => 1, ac => 5433, sn => $number };
ask(204, 'PUT', "/api/subscribers/$subscriber_id", $subscriber, Prefer => 'return=minimal');

# Whoever looks on has the time to do so.
say 'alive';
<STDIN>;

# 8 The end of the subscriber.
ask(204, 'DELETE', "/api/subscribers/$subscriber_id");

# 9 The end of the customer.
ask(204, 'PATCH', "/api/customers/$customer_id",
    [ { op => 'replace', path => '/status', value => 'terminated' } ], Prefer => 'return=minimal');
say 'terminated';
