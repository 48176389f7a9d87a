#!/usr/bin/env bash
# The whole story on one terminal: a wholesaler sells to a retailer, whose pool refills itself, runs dry, and fails over.
#
# usage: deploy/demo.sh PATH-TO-STROWGER
set -euo pipefail

strowger=$(realpath "${1:-target/release/strowger}")
work=$(mktemp -d /tmp/strowger-demo.XXXXXX)
servers=()
finish() {
    for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

bold=''; plain=''
if [ -t 1 ]; then bold=$'\e[1m'; plain=$'\e[0m'; fi
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
show() { printf '%s$ strowger %s%s\n' "$bold" "$*" "$plain"; }

free_port() {
    local port
    while port=$((RANDOM % 20000 + 20000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}
wholesale_port=$(free_port)
retail_port=$(free_port)

wholesaler() { show "$@" "   # at the wholesaler"; STROWGER_DATA_DIR=$work/wholesaler "$strowger" "$@"; }
retailer() { show "$@" "   # at the retailer"; STROWGER_DATA_DIR=$work/retailer "$strowger" "$@"; }
quiet() { STROWGER_DATA_DIR=$work/$1 "$strowger" "${@:2}" >/dev/null 2>&1; }

start() { # start NAME PORT
    mkdir -p "$work/$1"
    STROWGER_DATA_DIR=$work/$1 STROWGER_ADMIN_LISTEN=127.0.0.1:$2 STROWGER_SUBSCRIBER_LISTEN=127.0.0.1:0 STROWGER_NGNPRO_LISTEN=127.0.0.1:0 STROWGER_ADMIN_PASSWORD="$1 secret" \
        "$strowger" serve --set refill.retry_after=5s >"$work/$1.log" 2>&1 &
    servers+=($!)
    for _ in $(seq 200); do
        curl -fsk --max-time 2 "https://127.0.0.1:$2/healthz" >/dev/null 2>&1 && return
        sleep 0.05
    done
    cat "$work/$1.log"; exit 1
}
api() { # api PORT FUNCTION PARAMETERS…: the Enswitch JSON API
    local url="https://127.0.0.1:$1/api/json/$2/" parameter data=()
    shift 2
    for parameter in "$@"; do data+=(--data-urlencode "$parameter"); done
    curl -sk --max-time 30 "$url" "${data[@]}"; echo
}
free() { STROWGER_DATA_DIR=$work/retailer "$strowger" --json pool show "$1" | grep -o '"free": [0-9]*' | grep -o '[0-9]*'; }
wait_for_free() { # wait_for_free POOL COUNT
    for _ in $(seq 300); do [ "$(free "$1")" = "$2" ] && return; sleep 0.1; done
    echo "pool $1 has $(free "$1") free numbers, not $2" >&2; cat "$work/retailer.log" >&2; exit 1
}

say "A wholesaler with a pool of twelve London numbers"
start wholesaler "$wholesale_port"
wholesaler pool add london --area-code 20 --monthly-price 0.50
wholesaler number add london 442079460000 442079460011
wholesaler account add "retail & sons"
printf 'buying is fun' | wholesaler user add retail --account "retail & sons" --role customer --password-stdin

say "A retailer names two vendors in an Enswitch-format file: the wholesaler, and a small one with a stock file"
mkdir -p "$work/retailer"
printf '# group 7 = London, spare\n%s\n' "$(for n in $(seq 30 39); do echo "7 44207946$(printf %04d "$n")"; done)" >"$work/stock"
cat >"$work/retailer/numbervendors.conf" <<CONF
# Vendor = Name, Method, Host, User, Password, Destination
wholesale = The Wholesaler, /opt/enswitch/current/sbin/numbervendors/enswitch, 127.0.0.1:$wholesale_port, retail, buying is fun, sip.retail.example:5060
spare = Spare Numbers, /opt/enswitch/current/sbin/numbervendors/dummy, $work/stock, , , sip.retail.example:5060
CONF
printf '[vendor.wholesale]\nca_file = "%s"\n' "$work/wholesaler/tls-certificate.pem" >"$work/retailer/numbervendors.toml"
sed 's/buying is fun/********/' "$work/retailer/numbervendors.conf"
start retailer "$retail_port"
retailer check

say "Links tell which of the vendors' groups refill the retailer's pool; the lowest number is asked first"
retailer pool add london --area-code 20 --setup-price 1 --monthly-price 2.50 --quarantine-days 30
retailer vendor groups wholesale
retailer pool link london wholesale 1 --priority 1 --monthly-cost 0.50
retailer pool link london spare 7 --priority 2 --monthly-cost 0.80

say "What would be ordered for a minimum of 5, and at what price?"
retailer pool plan london --minimum 5

say "The minimum is set, and the pool fills itself from the wholesaler"
retailer pool set london --minimum 5
wait_for_free london 5
retailer order list
retailer pool show london

say "A customer looks for a number and buys it over the API; the pool refills itself behind it"
retailer account add alice --credit-limit 20
printf 'alice secret' | retailer user add alice --account alice --role customer --password-stdin
pool=1
echo "\$ curl …/api/json/numbers/available/list/?ingroup=$pool;count=3"
api "$retail_port" numbers/available/list "ingroup=$pool" "count=3"
number=$(api "$retail_port" numbers/available/list "ingroup=$pool" "count=1" | grep -o '[0-9]\{10,\}' | head -1)
echo "\$ curl …/api/json/numbers/purchase/?number=$number"
api "$retail_port" numbers/purchase "auth_username=alice" "auth_password=alice secret" "number=$number"
api "$retail_port" numbers/list "auth_username=alice" "auth_password=alice secret"
wait_for_free london 5

say "More customers come; the wholesaler runs dry, and the next vendor steps in"
for n in $(seq 9); do
    # Customers who come faster than the stock is refilled try again.
    for _ in $(seq 50); do quiet retailer number buy --pool london --account default --reference "sale $n" && break; sleep 0.2; done
done
wait_for_free london 5
retailer order list
wholesaler number list --state available || true

say "Nothing is lost and nothing is bought twice: the two registries agree"
sold=$(STROWGER_DATA_DIR=$work/wholesaler "$strowger" --json number list --state in_service --limit 1000 | grep -c '"digits"')
bought=$(STROWGER_DATA_DIR=$work/retailer "$strowger" --json number list --limit 1000 | grep -c '"vendor_id": 1')
echo "the wholesaler has sold $sold numbers, the retailer has $bought from it"
[ "$sold" = "$bought" ]

say "Every change is in the journal: who, when, what"
retailer journal --newest --limit 5
