#!/usr/bin/env bash
# A private MariaDB and Redis for tests and benchmarks, on free loopback ports, with their data in a temporary folder.
#   eval "$(test/support/services.sh start)"          exports TURNO_TEST_SERVICES, TURNO_TEST_MYSQL_URL and TURNO_TEST_REDIS_URL
#   test/support/services.sh stop                     ends both and removes the folder
#   test/support/services.sh stop mysql|redis [-9]    ends one (-9: kills it), keeping its data and port
#   test/support/services.sh start mysql|redis        starts that one again on the same port
# Every form but the first reads the folder from TURNO_TEST_SERVICES.
set -euo pipefail

free_port() {
  node -e "const s=require('node:net').createServer();s.listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"
}

wait_for() { # wait_for NAME COMMAND…
  local name=$1; shift
  for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done
  echo "$name did not start; see $dir/$name.log" >&2
  exit 1
}

start_mysql() {
  local port; port=$(cat "$dir/mysql.port")
  local options=(--no-defaults --datadir="$dir/mysql" --socket="$dir/mysql.sock" --pid-file="$dir/mysql.server.pid"
    --port="$port" --bind-address=127.0.0.1 --innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=256M
    --innodb-log-file-size=256M --max-connections=300 --skip-name-resolve --skip-log-bin --performance-schema=OFF)
  [ "$(id -u)" != 0 ] || options+=(--user=root)
  setsid mariadbd "${options[@]}" >>"$dir/mysql.log" 2>&1 </dev/null &
  echo $! >"$dir/mysql.pid"
  wait_for mysql mariadb-admin --no-defaults --socket="$dir/mysql.sock" -u root ping
}

start_redis() {
  setsid redis-server --port "$(cat "$dir/redis.port")" --bind 127.0.0.1 --dir "$dir/redis" --save '' --appendonly no \
    >>"$dir/redis.log" 2>&1 </dev/null &
  echo $! >"$dir/redis.pid"
  wait_for redis redis-cli -p "$(cat "$dir/redis.port")" ping
}

end() { # end NAME [SIGNAL]: only the process started here
  [ -f "$dir/$1.pid" ] || return 0
  local pid; pid=$(cat "$dir/$1.pid")
  kill "${2:--TERM}" "$pid" 2>/dev/null || true
  for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
  rm -f "$dir/$1.pid"
}

create() {
  dir=$(mktemp -d "${TMPDIR:-/tmp}/turno-services.XXXXXX")
  mkdir "$dir/mysql" "$dir/redis"
  free_port >"$dir/mysql.port"
  free_port >"$dir/redis.port"
  local owner=(); [ "$(id -u)" != 0 ] || owner=(--user=root)
  mariadb-install-db --no-defaults "${owner[@]}" --datadir="$dir/mysql" --auth-root-authentication-method=normal --skip-test-db >"$dir/mysql.log" 2>&1
  start_mysql
  start_redis
  mariadb --no-defaults --socket="$dir/mysql.sock" -u root \
    -e "CREATE USER turno@'127.0.0.1' IDENTIFIED BY 'turno'; GRANT ALL ON *.* TO turno@'127.0.0.1'"
  echo "export TURNO_TEST_SERVICES='$dir'"
  echo "export TURNO_TEST_MYSQL_URL='mysql://turno:turno@127.0.0.1:$(cat "$dir/mysql.port")/turno'"
  echo "export TURNO_TEST_REDIS_URL='redis://127.0.0.1:$(cat "$dir/redis.port")/0'"
}

dir=${TURNO_TEST_SERVICES:-}
case "${1:-} ${2:-}" in
  'start ') create ;;
  'start mysql') start_mysql ;;
  'start redis') start_redis ;;
  'stop ') end redis; end mysql; rm -rf "${dir:?TURNO_TEST_SERVICES is not set}" ;;
  'stop mysql' | 'stop redis') end "$2" "${3:--TERM}" ;;
  *) sed -n '2,7p' "$0" >&2; exit 2 ;;
esac
