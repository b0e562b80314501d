module completions {

  def "nu-complete gatewayctl" [context: string] {
    with-env { GATEWAYCTL_COMPLETE: nushell } { ^gatewayctl -- $context } | from json
  }

  def "nu-complete gatewayctl output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl errors" [] {
    [ "text" "json" ]
  }

  # Look at and change a running gateway through its Admin API
  export extern gatewayctl [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl get status" [] {
    [ "enabled" "disabled" ]
  }

  def "nu-complete gatewayctl get output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl get color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl get errors" [] {
    [ "text" "json" ]
  }

  # Show one or many objects
  export extern "gatewayctl get" [
    --consumer: string@"nu-complete gatewayctl"        # Whose credentials; without it those of all consumers
    --selector(-l): string@"nu-complete gatewayctl"    # Labels: k=v, k!=v, k, !k, k in (a,b), k notin (a,b), with commas between them
    --where: string           # A condition on any field, such as 'priority > 0 && uri =~ "^/api"'
    --name: string            # Those whose name contains this
    --uri: string             # Routes whose uri contains this
    --host: string            # Those for this host; *.example.com takes in its subdomains
    --service: string@"nu-complete gatewayctl"         # Those of this service
    --upstream: string@"nu-complete gatewayctl"        # Those of this upstream
    --plugin: string@"nu-complete gatewayctl"          # Those that use this plugin
    --status: string@"nu-complete gatewayctl get status" # Enabled ones or disabled ones
    --sort-by: string@"nu-complete gatewayctl"         # Order by a field, FIELD or FIELD:desc; without it by id, as the server has them
    --limit: string           # At most this many
    --page-size: string       # Ask the server for pages of 10 to 500; they come in the order in which the objects were made, unless --sort-by says another
    --show-secrets            # Show secrets as they are
    --raw                     # With -o json or yaml: the answers of the server, with key and revisions
    --watch(-w)               # Keep looking, and show what is added, modified and deleted; with -o ndjson an event a line
    --watch-only              # As --watch, without what is there already
    --interval: string        # How often --watch looks
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl get output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl get color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl get errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...targets: string@"nu-complete gatewayctl"        # RESOURCE, RESOURCE,RESOURCE or all; then ids; or RESOURCE/ID
  ]

  def "nu-complete gatewayctl describe output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl describe color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl describe errors" [] {
    [ "text" "json" ]
  }

  # Show one object with its plugins, its nodes, and what it names and is named by
  export extern "gatewayctl describe" [
    --consumer: string@"nu-complete gatewayctl"        # Whose credentials
    --service: string@"nu-complete gatewayctl"         # Of which service the costs of GraphQL fields
    --show-secrets            # Show secrets as they are
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl describe output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl describe color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl describe errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...target: string@"nu-complete gatewayctl"         # RESOURCE ID, or RESOURCE/ID
  ]

  def "nu-complete gatewayctl create dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl create output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl create color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl create errors" [] {
    [ "text" "json" ]
  }

  # Create an object that is not there yet
  export extern "gatewayctl create" [
    --file(-f): string        # The objects of a file, - is standard input; with RESOURCE its fields alone
    --literal                 # Take ${{ … }} as text, which config render else puts values in the place of
    --consumer: string@"nu-complete gatewayctl"        # Whose credential
    --edit                    # Write it in $VISUAL or $EDITOR
    --name: string            # Name
    --desc: string            # Description
    --uri: string             # Paths of a route
    --host: string            # Hosts of a route or service
    --methods: string         # Methods of a route
    --upstream-nodes: string  # Nodes and their weights, of an upstream or within another object
    --upstream: string@"nu-complete gatewayctl"        # Id of the upstream
    --service: string@"nu-complete gatewayctl"         # Id of the service
    --plugin: string@"nu-complete gatewayctl"          # A plugin, with its configuration as JSON; may be repeated
    --label: string           # Labels
    --set: string             # Any other field; may be repeated
    --dry-run: string@"nu-complete gatewayctl create dry_run" # Say what would be done: client compares only, server also has it checked
    --wait: string            # Wait until the gateway has taken the change up, at most so long
    --diff                    # Show what will differ, and ask
    --if-match: string        # Only if the object still has this revision
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl create output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl create color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl create errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...target: string@"nu-complete gatewayctl"         # RESOURCE and an id, or RESOURCE/ID
  ]

  def "nu-complete gatewayctl apply dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl apply output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl apply color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl apply errors" [] {
    [ "text" "json" ]
  }

  # Create or change objects so that they are as the files say
  export extern "gatewayctl apply" [
    --file(-f): string        # File, folder, glob or - for standard input; may be repeated
    --recursive(-R)           # Folders with their subfolders
    --literal                 # Take ${{ … }} as text, which config render else puts values in the place of
    --dry-run: string@"nu-complete gatewayctl apply dry_run" # Say what would be done: client compares only, server also has it checked
    --diff                    # Show what will differ, and ask
    --wait: string            # Wait until the gateway has taken the changes up, at most so long
    --if-match: string        # Only if the one object of the files still has this revision
    --prune                   # Then delete what has the labels of -l and is in no file
    --selector(-l): string@"nu-complete gatewayctl"    # The labels of what --prune may delete
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl apply output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl apply color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl apply errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl edit dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl edit output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl edit color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl edit errors" [] {
    [ "text" "json" ]
  }

  # Change an object in an editor
  export extern "gatewayctl edit" [
    --consumer: string@"nu-complete gatewayctl"        # Whose credentials
    --service: string@"nu-complete gatewayctl"         # Of which service the costs of GraphQL fields
    --dry-run: string@"nu-complete gatewayctl edit dry_run" # Say what would be done: client compares only, server also has it checked
    --wait: string            # Wait until the gateway has taken the change up, at most so long
    --diff                    # Show what will differ, and ask
    --if-match: string        # Only if the object still has this revision
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl edit output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl edit color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl edit errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...target: string@"nu-complete gatewayctl"         # RESOURCE ID, or RESOURCE/ID
  ]

  def "nu-complete gatewayctl patch kind" [] {
    [ "merge" "path" "json" ]
  }

  def "nu-complete gatewayctl patch dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl patch output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl patch color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl patch errors" [] {
    [ "text" "json" ]
  }

  # Change parts of one object
  export extern "gatewayctl patch" [
    --consumer: string@"nu-complete gatewayctl"        # Whose credentials
    --service: string@"nu-complete gatewayctl"         # Of which service the costs of GraphQL fields
    --type: string@"nu-complete gatewayctl patch kind" # What the patch is
    --patch(-p): string       # The patch, in JSON or YAML
    --file(-f): string        # The patch from a file, - is standard input
    --at: string              # The field that a patch of type path replaces
    --set: string             # Set a field; may be repeated
    --unset: string           # Remove a field; may be repeated
    --dry-run: string@"nu-complete gatewayctl patch dry_run" # Say what would be done: client compares only, server also has it checked
    --wait: string            # Wait until the gateway has taken the change up, at most so long
    --diff                    # Show what will differ, and ask
    --if-match: string        # Only if the object still has this revision
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl patch output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl patch color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl patch errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...target: string@"nu-complete gatewayctl"         # RESOURCE ID, or RESOURCE/ID
  ]

  def "nu-complete gatewayctl label dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl label output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl label color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl label errors" [] {
    [ "text" "json" ]
  }

  # Set and remove labels of an object
  export extern "gatewayctl label" [
    --dry-run: string@"nu-complete gatewayctl label dry_run" # Say what would be done: client compares only, server also has it checked
    --wait: string            # Wait until the gateway has taken the change up, at most so long
    --diff                    # Show what will differ, and ask
    --if-match: string        # Only if the object still has this revision
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl label output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl label color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl label errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...words: string@"nu-complete gatewayctl"          # RESOURCE ID or RESOURCE/ID, then KEY=VALUE to set and KEY- to remove
  ]

  def "nu-complete gatewayctl enable dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl enable output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl enable color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl enable errors" [] {
    [ "text" "json" ]
  }

  # Let routes or certificates take part again
  export extern "gatewayctl enable" [
    --dry-run: string@"nu-complete gatewayctl enable dry_run" # Say what would be done: client compares only, server also has it checked
    --wait: string            # Wait until the gateway has taken the change up, at most so long
    --diff                    # Show what will differ, and ask
    --if-match: string        # Only if the object still has this revision
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl enable output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl enable color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl enable errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...targets: string@"nu-complete gatewayctl"        # RESOURCE and ids, or RESOURCE/ID
  ]

  def "nu-complete gatewayctl disable dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl disable output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl disable color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl disable errors" [] {
    [ "text" "json" ]
  }

  # Keep routes or certificates, and let them take no part
  export extern "gatewayctl disable" [
    --dry-run: string@"nu-complete gatewayctl disable dry_run" # Say what would be done: client compares only, server also has it checked
    --wait: string            # Wait until the gateway has taken the change up, at most so long
    --diff                    # Show what will differ, and ask
    --if-match: string        # Only if the object still has this revision
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl disable output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl disable color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl disable errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...targets: string@"nu-complete gatewayctl"        # RESOURCE and ids, or RESOURCE/ID
  ]

  def "nu-complete gatewayctl delete dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl delete output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl delete color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl delete errors" [] {
    [ "text" "json" ]
  }

  # Delete objects
  export extern "gatewayctl delete" [
    --file(-f): string        # Delete the objects of a file, folder, glob or - for standard input; may be repeated
    --recursive(-R)           # Folders with their subfolders
    --consumer: string@"nu-complete gatewayctl"        # Whose credentials
    --service: string@"nu-complete gatewayctl"         # Of which service the costs of GraphQL fields
    --selector(-l): string@"nu-complete gatewayctl"    # Those with these labels
    --all                     # All of the resource
    --cascade                 # Also what uses them, and what uses that
    --force                   # Also what is still in use
    --dry-run: string@"nu-complete gatewayctl delete dry_run" # Say what would be deleted
    --ignore-not-found        # What does not exist is no error
    --diff                    # Show what goes, and ask
    --wait: string            # Wait until the gateway has taken the change up, at most so long
    --if-match: string        # Only if the one object still has this revision
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl delete output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl delete color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl delete errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...targets: string@"nu-complete gatewayctl"        # RESOURCE and ids, or RESOURCE/ID
  ]

  def "nu-complete gatewayctl wait output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl wait color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl wait errors" [] {
    [ "text" "json" ]
  }

  # Wait until an object exists, is deleted, is healthy, or has a revision
  export extern "gatewayctl wait" [
    --for: string@"nu-complete gatewayctl"             # exists, deleted, healthy, healthy=N% or rev=N
    --consumer: string@"nu-complete gatewayctl"        # Whose credentials
    --service: string@"nu-complete gatewayctl"         # Of which service the costs of GraphQL fields
    --every: string           # How often is looked
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl wait output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl wait color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl wait errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...target: string@"nu-complete gatewayctl"         # RESOURCE ID, or RESOURCE/ID
  ]

  def "nu-complete gatewayctl explain output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl explain color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl explain errors" [] {
    [ "text" "json" ]
  }

  # Say what an object's fields are
  export extern "gatewayctl explain" [
    --recursive               # Also the fields of the fields
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl explain output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl explain color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl explain errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    what: string@"nu-complete gatewayctl"              # RESOURCE, or RESOURCE.FIELD and so on
  ]

  def "nu-complete gatewayctl tree output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl tree color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl tree errors" [] {
    [ "text" "json" ]
  }

  # Show which objects name which: routes, their services, upstreams and nodes, consumers and their groups
  export extern "gatewayctl tree" [
    --unused                  # Objects that nothing names
    --broken                  # Names of objects that do not exist
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl tree output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl tree color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl tree errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...target: string@"nu-complete gatewayctl"         # Only what is below one object
  ]

  def "nu-complete gatewayctl config output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config errors" [] {
    [ "text" "json" ]
  }

  # Compare the whole configuration with files, write it to files, and make it be as files say
  export extern "gatewayctl config" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config dump format" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl config dump output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config dump color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config dump errors" [] {
    [ "text" "json" ]
  }

  # Write the whole configuration as files that `config sync` takes
  export extern "gatewayctl config dump" [
    --to: path                # File, or folder with / at its end (-o does too); without it standard output
    --selector(-l): string@"nu-complete gatewayctl"    # Only objects with these labels, on both sides
    --only: string@"nu-complete gatewayctl"            # Only these resources
    --skip: string@"nu-complete gatewayctl"            # All but these resources
    --format: string@"nu-complete gatewayctl config dump format" # Shape of the files
    --with-id                 # In the shape of ADC: also ids that it would make out of names itself
    --with-secrets            # Show secrets as they are
    --split-by: string        # In a folder: a file for each value of a label, label:NAME
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config dump output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config dump color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config dump errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config diff format" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl config diff output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config diff color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config diff errors" [] {
    [ "text" "json" ]
  }

  # Show what differs between files and the server
  export extern "gatewayctl config diff" [
    --file(-f): string        # File, folder, glob or - for standard input; may be repeated
    --recursive(-R)           # Folders with their subfolders
    --format: string@"nu-complete gatewayctl config diff format" # Take the files for this shape only
    --literal                 # Take ${{ … }} as text, which config render else puts values in the place of
    --selector(-l): string@"nu-complete gatewayctl"    # Only objects with these labels, on both sides
    --only: string@"nu-complete gatewayctl"            # Only these resources
    --skip: string@"nu-complete gatewayctl"            # All but these resources
    --no-delete               # What no file has stays, and is no difference
    --exit-code               # Exit with 1 where something differs, as it does in any case
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config diff output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config diff color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config diff errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config sync format" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl config sync dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl config sync on_error" [] {
    [ "stop" "continue" ]
  }

  def "nu-complete gatewayctl config sync output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config sync color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config sync errors" [] {
    [ "text" "json" ]
  }

  # Make the server hold what the files say, and nothing else
  export extern "gatewayctl config sync" [
    --file(-f): string        # File, folder, glob or - for standard input; may be repeated
    --recursive(-R)           # Folders with their subfolders
    --format: string@"nu-complete gatewayctl config sync format" # Take the files for this shape only
    --literal                 # Take ${{ … }} as text, which config render else puts values in the place of
    --selector(-l): string@"nu-complete gatewayctl"    # Only objects with these labels, on both sides
    --only: string@"nu-complete gatewayctl"            # Only these resources
    --skip: string@"nu-complete gatewayctl"            # All but these resources
    --no-delete               # What no file has stays
    --max-deletes: string     # How many objects of a resource may go at most, a number or a part
    --diff                    # Show what will differ
    --dry-run: string@"nu-complete gatewayctl config sync dry_run" # Say what would be done: client compares only, server also has it checked
    --wait: string            # Wait until the gateway has taken the changes up, at most so long
    --if-match: string        # Only if the configuration still has this revision
    --parallel: string        # Where there are no transactions: calls at once
    --on-error: string@"nu-complete gatewayctl config sync on_error" # Where there are no transactions: what a failure means for the rest
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config sync output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config sync color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config sync errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config validate format" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl config validate report" [] {
    [ "sarif" "github" ]
  }

  def "nu-complete gatewayctl config validate output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config validate color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config validate errors" [] {
    [ "text" "json" ]
  }

  # Say whether the server would take the objects of files
  export extern "gatewayctl config validate" [
    --file(-f): string        # File, folder, glob or - for standard input; may be repeated
    --recursive(-R)           # Folders with their subfolders
    --format: string@"nu-complete gatewayctl config validate format" # Take the files for this shape only
    --literal                 # Take ${{ … }} as text, which config render else puts values in the place of
    --server-side             # Have the server check them
    --report: string@"nu-complete gatewayctl config validate report" # A form for other programs (-o does too)
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config validate output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config validate color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config validate errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config lint format" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl config lint fail_on" [] {
    [ "error" "warning" "info" "never" ]
  }

  def "nu-complete gatewayctl config lint report" [] {
    [ "sarif" "github" ]
  }

  def "nu-complete gatewayctl config lint output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config lint color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config lint errors" [] {
    [ "text" "json" ]
  }

  # Look for mistakes in files, without a server
  export extern "gatewayctl config lint" [
    --file(-f): string        # File, folder, glob or - for standard input; may be repeated
    --recursive(-R)           # Folders with their subfolders
    --format: string@"nu-complete gatewayctl config lint format" # Take the files for this shape only
    --literal                 # Take ${{ … }} as text, which config render else puts values in the place of
    --rules: string           # Severities of rules
    --fail-on: string@"nu-complete gatewayctl config lint fail_on" # Exit with 1 where something this severe was found, or worse
    --report: string@"nu-complete gatewayctl config lint report" # A form for other programs (-o does too)
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config lint output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config lint color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config lint errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config fmt format" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl config fmt output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config fmt color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config fmt errors" [] {
    [ "text" "json" ]
  }

  # Bring files into their canonical form: fixed order of objects and fields
  export extern "gatewayctl config fmt" [
    --file(-f): string        # File, folder, glob or - for standard input; may be repeated
    --recursive(-R)           # Folders with their subfolders
    --format: string@"nu-complete gatewayctl config fmt format" # Shape of the result; without it each file keeps its own
    --write(-w)               # Write it in the place of the files
    --check                   # Exit with 1 where a file is not in this form
    --drop-comments           # Leave comments out
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config fmt output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config fmt color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config fmt errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config merge format" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl config merge shape" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl config merge output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config merge color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config merge errors" [] {
    [ "text" "json" ]
  }

  # Put the objects of many files into one
  export extern "gatewayctl config merge" [
    --file(-f): string        # File, folder, glob or - for standard input; may be repeated
    --recursive(-R)           # Folders with their subfolders
    --format: string@"nu-complete gatewayctl config merge format" # Take the files for this shape only
    --literal                 # Take ${{ … }} as text, which config render else puts values in the place of
    --to: path                # The file (-o does too); without it standard output
    --shape: string@"nu-complete gatewayctl config merge shape" # Shape of the result
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config merge output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config merge color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config merge errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config split format" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl config split output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config split color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config split errors" [] {
    [ "text" "json" ]
  }

  # Write the objects of files into a folder: a file for each object, resource or value of a label
  export extern "gatewayctl config split" [
    --file(-f): string        # File, folder, glob or - for standard input; may be repeated
    --recursive(-R)           # Folders with their subfolders
    --format: string@"nu-complete gatewayctl config split format" # Take the files for this shape only
    --literal                 # Take ${{ … }} as text, which config render else puts values in the place of
    --to: path                # The folder (-o does too)
    --by: string              # What a file is for: object, resource or label:NAME
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config split output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config split color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config split errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config render output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config render color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config render errors" [] {
    [ "text" "json" ]
  }

  # Put values in the place of ${{ env.NAME }}, ${{ file.PATH }} and ${{ NAME }}
  export extern "gatewayctl config render" [
    --file(-f): string        # File, folder, glob or - for standard input; may be repeated
    --recursive(-R)           # Folders with their subfolders
    --set: string             # A value; may be repeated
    --to: path                # The file (-o does too); without it standard output
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config render output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config render color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config render errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config history output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config history color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config history errors" [] {
    [ "text" "json" ]
  }

  # Show who changed what and when, and what differs between two revisions
  export extern "gatewayctl config history" [
    --limit: string           # Of how many revisions
    --all                     # Of all that the journal has
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config history output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config history color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config history errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...revisions: string      # What this revision changed; with a second one what differs between them
  ]

  def "nu-complete gatewayctl config rollback output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config rollback color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config rollback errors" [] {
    [ "text" "json" ]
  }

  # Bring the configuration back to what it was after a revision
  export extern "gatewayctl config rollback" [
    --dry-run                 # Say what would be done
    --if-match: string        # Only if the configuration still has this revision
    --wait: string            # Wait until the gateway has taken the changes up, at most so long
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config rollback output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config rollback color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config rollback errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    revision: string          # The revision
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl config help" [
  ]

  # Write the whole configuration as files that `config sync` takes
  export extern "gatewayctl config help dump" [
  ]

  # Show what differs between files and the server
  export extern "gatewayctl config help diff" [
  ]

  # Make the server hold what the files say, and nothing else
  export extern "gatewayctl config help sync" [
  ]

  # Say whether the server would take the objects of files
  export extern "gatewayctl config help validate" [
  ]

  # Look for mistakes in files, without a server
  export extern "gatewayctl config help lint" [
  ]

  # Bring files into their canonical form: fixed order of objects and fields
  export extern "gatewayctl config help fmt" [
  ]

  # Put the objects of many files into one
  export extern "gatewayctl config help merge" [
  ]

  # Write the objects of files into a folder: a file for each object, resource or value of a label
  export extern "gatewayctl config help split" [
  ]

  # Put values in the place of ${{ env.NAME }}, ${{ file.PATH }} and ${{ NAME }}
  export extern "gatewayctl config help render" [
  ]

  # Show who changed what and when, and what differs between two revisions
  export extern "gatewayctl config help history" [
  ]

  # Bring the configuration back to what it was after a revision
  export extern "gatewayctl config help rollback" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl config help help" [
  ]

  def "nu-complete gatewayctl convert output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl convert color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl convert errors" [] {
    [ "text" "json" ]
  }

  # Turn OpenAPI documents and files of ADC into objects, and objects into files of ADC
  export extern "gatewayctl convert" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl convert output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl convert color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl convert errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl convert openapi group_by" [] {
    [ "operation" "path" ]
  }

  def "nu-complete gatewayctl convert openapi path_params" [] {
    [ "vars" "colon" ]
  }

  def "nu-complete gatewayctl convert openapi shape" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl convert openapi output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl convert openapi color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl convert openapi errors" [] {
    [ "text" "json" ]
  }

  # Turn OpenAPI documents (2.0, 3.0, 3.1) into a service with routes
  export extern "gatewayctl convert openapi" [
    --group-by: string@"nu-complete gatewayctl convert openapi group_by" # What a route is for
    --path-params: string@"nu-complete gatewayctl convert openapi path_params" # How parameters in paths are matched
    --validate-requests       # Add the plugin request-validation with the schemas of bodies and required headers
    --allow-open              # Keep operations whose security scheme has no plugin here, as routes that are open to everybody
    --to: string@"nu-complete gatewayctl convert openapi shape" # Shape of the result
    --out: path               # The file (-o does too); without it standard output
    --strict                  # What cannot be converted is an error
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl convert openapi output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl convert openapi color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl convert openapi errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...files: string          # File, folder, glob or - for standard input
  ]

  def "nu-complete gatewayctl convert adc shape" [] {
    [ "native" "object" "envelope" "adc" ]
  }

  def "nu-complete gatewayctl convert adc output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl convert adc color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl convert adc errors" [] {
    [ "text" "json" ]
  }

  # Turn files of ADC into objects, or with --to adc objects into a file of ADC
  export extern "gatewayctl convert adc" [
    --to: string@"nu-complete gatewayctl convert adc shape" # Shape of the result
    --out: path               # The file (-o does too); without it standard output
    --strict                  # What cannot be converted is an error
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl convert adc output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl convert adc color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl convert adc errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...files: string          # File, folder, glob or - for standard input
  ]

  def "nu-complete gatewayctl convert deck output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl convert deck color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl convert deck errors" [] {
    [ "text" "json" ]
  }

  # Not built yet: files of decK
  export extern "gatewayctl convert deck" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl convert deck output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl convert deck color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl convert deck errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...files: string          # File
  ]

  def "nu-complete gatewayctl convert nginx output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl convert nginx color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl convert nginx errors" [] {
    [ "text" "json" ]
  }

  # Not built yet: configurations of nginx
  export extern "gatewayctl convert nginx" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl convert nginx output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl convert nginx color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl convert nginx errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...files: string          # File
  ]

  def "nu-complete gatewayctl convert k8s-ingress output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl convert k8s-ingress color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl convert k8s-ingress errors" [] {
    [ "text" "json" ]
  }

  # Not built yet: Ingress objects of Kubernetes
  export extern "gatewayctl convert k8s-ingress" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl convert k8s-ingress output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl convert k8s-ingress color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl convert k8s-ingress errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...files: string          # File
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl convert help" [
  ]

  # Turn OpenAPI documents (2.0, 3.0, 3.1) into a service with routes
  export extern "gatewayctl convert help openapi" [
  ]

  # Turn files of ADC into objects, or with --to adc objects into a file of ADC
  export extern "gatewayctl convert help adc" [
  ]

  # Not built yet: files of decK
  export extern "gatewayctl convert help deck" [
  ]

  # Not built yet: configurations of nginx
  export extern "gatewayctl convert help nginx" [
  ]

  # Not built yet: Ingress objects of Kubernetes
  export extern "gatewayctl convert help k8s-ingress" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl convert help help" [
  ]

  def "nu-complete gatewayctl import output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl import color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl import errors" [] {
    [ "text" "json" ]
  }

  # Bring the configuration of another gateway into this one
  export extern "gatewayctl import" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl import output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl import color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl import errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl import apisix dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl import apisix output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl import apisix color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl import apisix errors" [] {
    [ "text" "json" ]
  }

  # From APISIX: a running one's Admin API, or its standalone file
  export extern "gatewayctl import apisix" [
    --from: string            # Admin API of the APISIX
    --from-key-file: path     # Its admin key, from the first line of a file [env: GATEWAYCTL_FROM_KEY]
    --from-ca: path           # Certificates to trust for it, PEM
    --selector(-l): string@"nu-complete gatewayctl"    # Only objects with these labels, on both sides
    --only: string@"nu-complete gatewayctl"            # Only these resources
    --skip: string@"nu-complete gatewayctl"            # All but these resources
    --dry-run: string@"nu-complete gatewayctl import apisix dry_run" # Say what would be done: client compares only, server also has it checked
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl import apisix output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl import apisix color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl import apisix errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...files: string          # Standalone file, folder, glob or - for standard input
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl import help" [
  ]

  # From APISIX: a running one's Admin API, or its standalone file
  export extern "gatewayctl import help apisix" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl import help help" [
  ]

  def "nu-complete gatewayctl trace protocol" [] {
    [ "http1" "http2" "grpc" "websocket" "triple" ]
  }

  def "nu-complete gatewayctl trace output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl trace color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl trace errors" [] {
    [ "text" "json" ]
  }

  # Explain what a request would come to, and why, without sending it
  export extern "gatewayctl trace" [
    -H: string                # Field of the request, 'Name: value'; may be repeated
    --data(-d): string        # Body, or @FILE, or @- for standard input; the method is then POST; JSON is sent as JSON, anything else as a form
    --form(-F): string        # Field of a form of several parts, name=value or name=@FILE; may be repeated
    --http1.1                 # Speak HTTP/1.1
    --http2                   # Speak HTTP/2, which TLS agrees on
    --http2-prior-knowledge   # Speak HTTP/2 from the first byte, in the clear
    --resolve: string         # Where a host is; may be repeated [default: the gateway]
    --insecure(-k)            # Do not verify the certificate
    --client: string          # Address of the client [default: 127.0.0.1]
    --sni: string             # Name that the client asks for over TLS [default: the host]
    --client-cert             # The client shows a certificate that the gateway trusts
    --port: string            # Port of the listener [default: the URL's, else the first that speaks it]
    --protocol: string@"nu-complete gatewayctl trace protocol" # What the client speaks
    --grpc: string            # A call of gRPC; its URL need name no more than the host
    --dubbo: string           # A call of Dubbo
    --attachment: string      # Attachment of the call of Dubbo; may be repeated
    --stream: string          # A connection to a TCP listener; this gateway serves none
    --send                    # Send it, too
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl trace output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl trace color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl trace errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...request: string        # METHOD URL, a URL or path alone, or a command line of curl; whatever host a URL names, the gateway is asked
  ]

  def "nu-complete gatewayctl test output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl test color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl test errors" [] {
    [ "text" "json" ]
  }

  # Send a request through the gateway, and check the answer
  export extern "gatewayctl test" [
    -H: string                # Field of the request, 'Name: value'; may be repeated
    --data(-d): string        # Body, or @FILE, or @- for standard input; the method is then POST; JSON is sent as JSON, anything else as a form
    --form(-F): string        # Field of a form of several parts, name=value or name=@FILE; may be repeated
    --http1.1                 # Speak HTTP/1.1
    --http2                   # Speak HTTP/2, which TLS agrees on
    --http2-prior-knowledge   # Speak HTTP/2 from the first byte, in the clear
    --resolve: string         # Where a host is; may be repeated [default: the gateway]
    --insecure(-k)            # Do not verify the certificate
    --grpc: string            # A call of gRPC; the body is its message
    --ws                      # A WebSocket; the body is said once it is open
    --messages: string        # How many messages of a WebSocket are waited for
    --expect-status: string   # Statuses that are right: 200, 2xx, 200-204
    --expect-header: string   # Field of the answer: 'Name: value', 'Name: ~regex', 'Name' is there, '!Name' is not; may be repeated
    --expect-json: string     # A jq expression that is true of the body; may be repeated
    --expect-body: string     # Text that the body contains, or ~regex; may be repeated
    --expect-route: string@"nu-complete gatewayctl"    # The route that serves it, as the gateway says
    --expect-upstream: string # The node that it goes to, as the gateway says
    --expect-time: string     # Longest time until all of the answer is there
    --expect-grpc-status: string # Status of the call of gRPC, as a number or a name
    --file(-f): string        # Suites, - is standard input; may be repeated
    --parallel: string        # How many requests of suites are under way at a time
    --only: string            # Only tests of suites whose name contains this
    --fail-fast               # Stop at the first test of a suite that fails
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl test output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl test color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl test errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...request: string        # METHOD URL, a URL or path alone, or a command line of curl; whatever host a URL names, the gateway is asked
  ]

  def "nu-complete gatewayctl bench output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl bench color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl bench errors" [] {
    [ "text" "json" ]
  }

  # Load a route through the gateway, and say how long the answers took
  export extern "gatewayctl bench" [
    -H: string                # Field of the request, 'Name: value'; may be repeated
    --data(-d): string        # Body, or @FILE, or @- for standard input; the method is then POST; JSON is sent as JSON, anything else as a form
    --form(-F): string        # Field of a form of several parts, name=value or name=@FILE; may be repeated
    --http1.1                 # Speak HTTP/1.1
    --http2                   # Speak HTTP/2, which TLS agrees on
    --http2-prior-knowledge   # Speak HTTP/2 from the first byte, in the clear
    --resolve: string         # Where a host is; may be repeated [default: the gateway]
    --insecure(-k)            # Do not verify the certificate
    --connections(-c): string # How many connections
    --duration: string        # For how long
    --requests(-n): string    # At most so many requests
    --rate: string            # So many requests a second, on all connections together
    --target: string          # Where the load goes; another machine only after a confirmation [default: the gateway]
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl bench output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl bench color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl bench errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...request: string        # METHOD URL, a URL or path alone, or a command line of curl; whatever host a URL names, the gateway is asked
  ]

  def "nu-complete gatewayctl traffic output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl traffic color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl traffic errors" [] {
    [ "text" "json" ]
  }

  # Show the traffic of now: rates and latencies, or single requests as they end
  export extern "gatewayctl traffic" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl traffic output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl traffic color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl traffic errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl traffic top sort_by" [] {
    [ "rps" "name" "errors" "5xx" "4xx" "p50" "p95" "p99" "max" "tx" ]
  }

  def "nu-complete gatewayctl traffic top output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl traffic top color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl traffic top errors" [] {
    [ "text" "json" ]
  }

  # Show the traffic of now by route, upstream and the like, again and again
  export extern "gatewayctl traffic top" [
    --interval: string        # How often
    --count: string           # How often at most; without it, until somebody ends it
    --sort-by: string@"nu-complete gatewayctl traffic top sort_by" # What the rows are ordered by
    --top: string             # At most so many rows
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl traffic top output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl traffic top color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl traffic top errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...target: string@"nu-complete gatewayctl"         # route, service, upstream, node, consumer, protocol or status; then ids
  ]

  def "nu-complete gatewayctl traffic stat sort_by" [] {
    [ "rps" "name" "errors" "5xx" "4xx" "p50" "p95" "p99" "max" "tx" ]
  }

  def "nu-complete gatewayctl traffic stat output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl traffic stat color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl traffic stat errors" [] {
    [ "text" "json" ]
  }

  # Count the traffic of a window, and show it by route, upstream and the like
  export extern "gatewayctl traffic stat" [
    --window: string          # How long is counted, up to 5m
    --sort-by: string@"nu-complete gatewayctl traffic stat sort_by" # What the rows are ordered by
    --top: string             # At most so many rows
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl traffic stat output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl traffic stat color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl traffic stat errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...target: string@"nu-complete gatewayctl"         # route, service, upstream, node, consumer, protocol or status; then ids
  ]

  def "nu-complete gatewayctl traffic tap output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl traffic tap color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl traffic tap errors" [] {
    [ "text" "json" ]
  }

  # Show requests as they end
  export extern "gatewayctl traffic tap" [
    --route: string@"nu-complete gatewayctl"           # Of these routes
    --service: string@"nu-complete gatewayctl"         # Of these services
    --upstream: string@"nu-complete gatewayctl"        # To these upstreams
    --node: string            # To these nodes
    --consumer: string@"nu-complete gatewayctl"        # Of these consumers
    --method: string@"nu-complete gatewayctl"          # With these methods
    --host: string            # For these hosts, * stands for anything
    --path: string            # With these paths, * stands for anything
    --status: string          # With these statuses: 5xx, 429, 400-404
    --client: string          # From these addresses or networks
    --protocol: string@"nu-complete gatewayctl"        # In these protocols: http1, http2, grpc, websocket, triple, dubbo
    --request-header(-H): string # With this field of the request, 'Name: value' or 'Name'; may be repeated (--header behind tap does too)
    --min-latency: string     # That took at least so long
    --where: string           # A condition on any field, such as 'status >= 500 && ms.total > 100'
    --sample: string          # Only this share of them, 0 to 1
    --max-rps: string         # At most so many a second
    --count: string           # End after so many
    --duration: string        # End after this time
    --headers                 # With the fields of request and answer
    --body: string            # With the beginning of both bodies, up to 16KiB
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl traffic tap output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl traffic tap color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl traffic tap errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl traffic help" [
  ]

  # Show the traffic of now by route, upstream and the like, again and again
  export extern "gatewayctl traffic help top" [
  ]

  # Count the traffic of a window, and show it by route, upstream and the like
  export extern "gatewayctl traffic help stat" [
  ]

  # Show requests as they end
  export extern "gatewayctl traffic help tap" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl traffic help help" [
  ]

  def "nu-complete gatewayctl api output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl api color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl api errors" [] {
    [ "text" "json" ]
  }

  # Call the Admin API directly
  export extern "gatewayctl api" [
    --file(-f): string        # Body from a file, - is standard input; sent as it is
    --include(-i)             # Show status and headers of the answer first
    --jq: string              # Print what a jq filter makes of the answer
    --paginate                # Ask for every page of a list, page_size objects at a time [default: 500]
    --show-secrets            # Show secrets as they are
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl api output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl api color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl api errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    method: string@"nu-complete gatewayctl"            # GET, PUT, POST, PATCH, DELETE or OPTIONS
    path: string              # Path below /apisix/admin, with a query if there is one
  ]

  def "nu-complete gatewayctl status output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl status color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl status errors" [] {
    [ "text" "json" ]
  }

  # Show how the gateway is: listeners, process, objects, unhealthy nodes, certificates, registries
  export extern "gatewayctl status" [
    --check                   # Exit with 1 if anything is wrong
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl status output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl status color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl status errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl health output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl health color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl health errors" [] {
    [ "text" "json" ]
  }

  # Show the nodes of upstreams and how they are
  export extern "gatewayctl health" [
    --wait: string            # Wait until no node is unhealthy; 10 is the exit code if that takes longer than DUR
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl health output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl health color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl health errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...target: string@"nu-complete gatewayctl"         # upstream ID, upstream/ID, or where the upstream is configured, like routes/ID
  ]

  def "nu-complete gatewayctl logs which" [] {
    [ "error" "access" ]
  }

  def "nu-complete gatewayctl logs level" [] {
    [ "error" "warn" "info" "debug" ]
  }

  def "nu-complete gatewayctl logs output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl logs color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl logs errors" [] {
    [ "text" "json" ]
  }

  # Show the error log of the gateway, or its access log
  export extern "gatewayctl logs" [
    --follow(-f)              # Go on with the lines that come
    --level: string@"nu-complete gatewayctl logs level" # This and what is more serious
    --component: string       # Only what comes from here, such as audit or gateway_health
    --since: string           # Only lines of so long ago until now: 5m, 2h
    --grep: string            # Only lines that match a regular expression
    --lines(-n): string       # How many of the last ones
    --file: path              # Read this file, and ask no server
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl logs output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl logs color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl logs errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    which?: string@"nu-complete gatewayctl logs which" # Which log
  ]

  def "nu-complete gatewayctl events output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl events color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl events errors" [] {
    [ "text" "json" ]
  }

  # Show changes of the configuration: when, who, what
  export extern "gatewayctl events" [
    --follow(-f)              # Go on with the changes that come
    --since: string           # After this revision, or of so long ago until now: 4711, 30m, 2h
    --type: string@"nu-complete gatewayctl"            # Only those of a resource; may be repeated
    --id: string              # Only those of the object of this id
    --diff                    # Show what is different in the object
    --lines(-n): string       # How many of the last ones
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl events output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl events color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl events errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl metrics output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl metrics color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl metrics errors" [] {
    [ "text" "json" ]
  }

  # Show the metrics of the gateway
  export extern "gatewayctl metrics" [
    --label: string           # Only with this label; may be repeated
    --raw                     # The text as the gateway gives it
    --watch(-w)               # Go on with what changes
    --interval: string        # How often is looked with -w
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl metrics output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl metrics color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl metrics errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    name?: string             # Names, * stands for any characters
  ]

  def "nu-complete gatewayctl ping output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl ping color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl ping errors" [] {
    [ "text" "json" ]
  }

  # Ask the Admin API for a sign of life, and say how long it takes
  export extern "gatewayctl ping" [
    --count(-n): string       # How often
    --interval: string        # Time between two
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl ping output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl ping color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl ping errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl doctor output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl doctor color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl doctor errors" [] {
    [ "text" "json" ]
  }

  # Check configuration, key, TLS, clock, listeners, versions and terminal
  export extern "gatewayctl doctor" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl doctor output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl doctor color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl doctor errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl certs output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl certs color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl certs errors" [] {
    [ "text" "json" ]
  }

  # List, look at, check and upload certificates
  export extern "gatewayctl certs" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl certs output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl certs color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl certs errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl certs list output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl certs list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl certs list errors" [] {
    [ "text" "json" ]
  }

  # List the certificates of the gateway
  export extern "gatewayctl certs list" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl certs list output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl certs list color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl certs list errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl certs expiry output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl certs expiry color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl certs expiry errors" [] {
    [ "text" "json" ]
  }

  # List the certificates that end soon, the first to end first
  export extern "gatewayctl certs expiry" [
    --within: string          # Those that end within this time, or have ended
    --fail                    # Exit with 1 if there are any
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl certs expiry output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl certs expiry color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl certs expiry errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl certs inspect output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl certs inspect color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl certs inspect errors" [] {
    [ "text" "json" ]
  }

  # Show what stands in a certificate: of a file, of an ssl object, or of who answers at an address
  export extern "gatewayctl certs inspect" [
    --sni: string             # The name to ask for, and to compare with
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl certs inspect output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl certs inspect color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl certs inspect errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    what: string@"nu-complete gatewayctl"              # A file of PEM text, ssl/ID, or HOST:PORT
  ]

  def "nu-complete gatewayctl certs check output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl certs check color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl certs check errors" [] {
    [ "text" "json" ]
  }

  # Check certificates: order of the chain, names, keys, dates
  export extern "gatewayctl certs check" [
    --key: string             # Private key that has to be that of the certificate, PEM
    --sni: string             # A name that it has to be for
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl certs check output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl certs check color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl certs check errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...what: string@"nu-complete gatewayctl"           # A file of PEM text, ssl/ID, or HOST:PORT
  ]

  def "nu-complete gatewayctl certs upload dry_run" [] {
    [ "none" "client" "server" ]
  }

  def "nu-complete gatewayctl certs upload output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl certs upload color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl certs upload errors" [] {
    [ "text" "json" ]
  }

  # Make an ssl object of a certificate and its private key, or renew one
  export extern "gatewayctl certs upload" [
    --cert: path              # The certificate and those that vouch for it, PEM
    --key: string             # Its private key, PEM
    --sni: string             # Names that it is served for; auto: those that it is for
    --id: string              # Id of the object
    --dry-run: string@"nu-complete gatewayctl certs upload dry_run" # Say what would be done: client compares only, server also has it checked
    --wait: string            # Wait until the gateway has taken the change up, at most so long
    --diff                    # Show what will differ, and ask
    --if-match: string        # Only if the object still has this revision
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl certs upload output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl certs upload color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl certs upload errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl certs help" [
  ]

  # List the certificates of the gateway
  export extern "gatewayctl certs help list" [
  ]

  # List the certificates that end soon, the first to end first
  export extern "gatewayctl certs help expiry" [
  ]

  # Show what stands in a certificate: of a file, of an ssl object, or of who answers at an address
  export extern "gatewayctl certs help inspect" [
  ]

  # Check certificates: order of the chain, names, keys, dates
  export extern "gatewayctl certs help check" [
  ]

  # Make an ssl object of a certificate and its private key, or renew one
  export extern "gatewayctl certs help upload" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl certs help help" [
  ]

  def "nu-complete gatewayctl plugins output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl plugins color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl plugins errors" [] {
    [ "text" "json" ]
  }

  # List, explain and look for plugins
  export extern "gatewayctl plugins" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl plugins output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl plugins color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl plugins errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl plugins list subsystem" [] {
    [ "http" "stream" ]
  }

  def "nu-complete gatewayctl plugins list phase" [] {
    [ "rewrite" "access" "before_proxy" "header_filter" "body_filter" "encode" "log" ]
  }

  def "nu-complete gatewayctl plugins list output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl plugins list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl plugins list errors" [] {
    [ "text" "json" ]
  }

  # List the plugins, those that run first in front
  export extern "gatewayctl plugins list" [
    --subsystem: string@"nu-complete gatewayctl plugins list subsystem" # Of requests or of connections
    --phase: string@"nu-complete gatewayctl plugins list phase" # Only those that run in this phase of a request
    --enabled                 # Only those that the server has on
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl plugins list output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl plugins list color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl plugins list errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl plugins schema kind" [] {
    [ "consumer" "metadata" ]
  }

  def "nu-complete gatewayctl plugins schema output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl plugins schema color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl plugins schema errors" [] {
    [ "text" "json" ]
  }

  # Print the JSON schema of a plugin's configuration
  export extern "gatewayctl plugins schema" [
    --type: string@"nu-complete gatewayctl plugins schema kind" # What a consumer has, or the metadata of the plugin, instead of the configuration on a route
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl plugins schema output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl plugins schema color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl plugins schema errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    plugin: string@"nu-complete gatewayctl"            # Name of the plugin
  ]

  def "nu-complete gatewayctl plugins docs output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl plugins docs color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl plugins docs errors" [] {
    [ "text" "json" ]
  }

  # Show the page of a plugin
  export extern "gatewayctl plugins docs" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl plugins docs output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl plugins docs color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl plugins docs errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    plugin: string@"nu-complete gatewayctl"            # Name of the plugin
  ]

  def "nu-complete gatewayctl plugins example output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl plugins example color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl plugins example errors" [] {
    [ "text" "json" ]
  }

  # Print a configuration of a plugin to begin with, and all of its fields as comments
  export extern "gatewayctl plugins example" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl plugins example output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl plugins example color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl plugins example errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    plugin: string@"nu-complete gatewayctl"            # Name of the plugin
  ]

  def "nu-complete gatewayctl plugins usage output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl plugins usage color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl plugins usage errors" [] {
    [ "text" "json" ]
  }

  # List the objects that use a plugin
  export extern "gatewayctl plugins usage" [
    --show-secrets            # Show secrets as they are
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl plugins usage output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl plugins usage color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl plugins usage errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    plugin: string@"nu-complete gatewayctl"            # Name of the plugin
  ]

  def "nu-complete gatewayctl plugins reload output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl plugins reload color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl plugins reload errors" [] {
    [ "text" "json" ]
  }

  # Have the server load its plugins again
  export extern "gatewayctl plugins reload" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl plugins reload output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl plugins reload color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl plugins reload errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl plugins help" [
  ]

  # List the plugins, those that run first in front
  export extern "gatewayctl plugins help list" [
  ]

  # Print the JSON schema of a plugin's configuration
  export extern "gatewayctl plugins help schema" [
  ]

  # Show the page of a plugin
  export extern "gatewayctl plugins help docs" [
  ]

  # Print a configuration of a plugin to begin with, and all of its fields as comments
  export extern "gatewayctl plugins help example" [
  ]

  # List the objects that use a plugin
  export extern "gatewayctl plugins help usage" [
  ]

  # Have the server load its plugins again
  export extern "gatewayctl plugins help reload" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl plugins help help" [
  ]

  def "nu-complete gatewayctl discovery output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl discovery color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl discovery errors" [] {
    [ "text" "json" ]
  }

  # Show registries, their services and instances
  export extern "gatewayctl discovery" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl discovery output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl discovery color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl discovery errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl discovery list output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl discovery list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl discovery list errors" [] {
    [ "text" "json" ]
  }

  # List the registries of the gateway's configuration file
  export extern "gatewayctl discovery list" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl discovery list output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl discovery list color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl discovery list errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl discovery get output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl discovery get color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl discovery get errors" [] {
    [ "text" "json" ]
  }

  # List the services that are followed at a registry, or the instances of one
  export extern "gatewayctl discovery get" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl discovery get output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl discovery get color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl discovery get errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    registry: string          # nacos, consul, eureka, kubernetes, zookeeper, dns, …
    service?: string          # Name of the service
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl discovery help" [
  ]

  # List the registries of the gateway's configuration file
  export extern "gatewayctl discovery help list" [
  ]

  # List the services that are followed at a registry, or the instances of one
  export extern "gatewayctl discovery help get" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl discovery help help" [
  ]

  def "nu-complete gatewayctl consumers output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl consumers color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl consumers errors" [] {
    [ "text" "json" ]
  }

  # Find the consumer of a key, or make a token to try with
  export extern "gatewayctl consumers" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl consumers output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl consumers color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl consumers errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl consumers who output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl consumers who color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl consumers who errors" [] {
    [ "text" "json" ]
  }

  # Say which consumer a key or token belongs to
  export extern "gatewayctl consumers who" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl consumers who output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl consumers who color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl consumers who errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    shown: string             # The key or token; - is standard input, which others on this machine do not see
  ]

  def "nu-complete gatewayctl consumers token plugin" [] {
    [ "jwt-auth" ]
  }

  def "nu-complete gatewayctl consumers token output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl consumers token color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl consumers token errors" [] {
    [ "text" "json" ]
  }

  # Make a token of a consumer, to try routes with
  export extern "gatewayctl consumers token" [
    --plugin: string@"nu-complete gatewayctl consumers token plugin" # The plugin that is to take it
    --expires: string         # How long it holds
    --claim: string           # A further claim, JSON or text; may be repeated
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl consumers token output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl consumers token color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl consumers token errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    consumer: string@"nu-complete gatewayctl"          # Name of the consumer
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl consumers help" [
  ]

  # Say which consumer a key or token belongs to
  export extern "gatewayctl consumers help who" [
  ]

  # Make a token of a consumer, to try routes with
  export extern "gatewayctl consumers help token" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl consumers help help" [
  ]

  def "nu-complete gatewayctl secrets output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl secrets color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl secrets errors" [] {
    [ "text" "json" ]
  }

  # Try references to secret managers
  export extern "gatewayctl secrets" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl secrets output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl secrets color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl secrets errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl secrets test output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl secrets test color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl secrets test errors" [] {
    [ "text" "json" ]
  }

  # Say which references lead to a manager, and which of them the gateway could not resolve
  export extern "gatewayctl secrets test" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl secrets test output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl secrets test color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl secrets test errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    id: string@"nu-complete gatewayctl"                # MANAGER/ID
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl secrets help" [
  ]

  # Say which references lead to a manager, and which of them the gateway could not resolve
  export extern "gatewayctl secrets help test" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl secrets help help" [
  ]

  def "nu-complete gatewayctl dubbo output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl dubbo color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl dubbo errors" [] {
    [ "text" "json" ]
  }

  # List, describe and call the Dubbo services that the gateway knows
  export extern "gatewayctl dubbo" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl dubbo output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl dubbo color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl dubbo errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl dubbo services output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl dubbo services color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl dubbo services errors" [] {
    [ "text" "json" ]
  }

  # List the Dubbo services that routes, registries and calls name
  export extern "gatewayctl dubbo services" [
    --registry: string        # Only those of this registry, such as zookeeper or nacos
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl dubbo services output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl dubbo services color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl dubbo services errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl dubbo describe output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl dubbo describe color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl dubbo describe errors" [] {
    [ "text" "json" ]
  }

  # Show the methods and providers of a Dubbo service, and what was counted of its calls
  export extern "gatewayctl dubbo describe" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl dubbo describe output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl dubbo describe color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl dubbo describe errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    service: string           # Full name of the interface
  ]

  def "nu-complete gatewayctl dubbo call serialization" [] {
    [ "hessian2" "fastjson2" "json" ]
  }

  def "nu-complete gatewayctl dubbo call output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl dubbo call color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl dubbo call errors" [] {
    [ "text" "json" ]
  }

  # Call a method of a Dubbo service through the gateway
  export extern "gatewayctl dubbo call" [
    --types: string           # Java types of the parameters, where several methods have the name
    --group: string           # Group of the service
    --version: string         # Version of the service
    --attachment: string      # Attachment of the call; may be repeated
    --via: string             # Who chooses the node: gateway, or direct and the address and port of one [default: gateway]
    --node: string            # The same as --via direct IP:PORT
    --serialization: string@"nu-complete gatewayctl dubbo call serialization" # How the call is written: hessian2, fastjson2 or json; the gateway says which it does not write [default: hessian2]
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl dubbo call output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl dubbo call color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl dubbo call errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --help(-h)                # Print help (see more with '--help')
    service: string           # Full name of the interface
    method: string            # Name of the method
    args?: string             # Arguments as a JSON array; anything else is the one argument
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl dubbo help" [
  ]

  # List the Dubbo services that routes, registries and calls name
  export extern "gatewayctl dubbo help services" [
  ]

  # Show the methods and providers of a Dubbo service, and what was counted of its calls
  export extern "gatewayctl dubbo help describe" [
  ]

  # Call a method of a Dubbo service through the gateway
  export extern "gatewayctl dubbo help call" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl dubbo help help" [
  ]

  def "nu-complete gatewayctl grpc output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl grpc color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl grpc errors" [] {
    [ "text" "json" ]
  }

  # List, describe and call gRPC services, by reflection or stored definitions
  export extern "gatewayctl grpc" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl grpc output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl grpc color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl grpc errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl grpc services output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl grpc services color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl grpc services errors" [] {
    [ "text" "json" ]
  }

  # List the gRPC services that servers tell of by reflection, and those of stored definitions
  export extern "gatewayctl grpc services" [
    --via: string             # Who is asked: the gateway, or directly the server at an address [default: gateway]
    --proto: string@"nu-complete gatewayctl"           # Take the definitions from this object of the gateway, and not from the server's reflection
    --proto-file: path        # Take the definitions from a file: source (.proto), or a descriptor set
    --import: path            # Folder of files that the file imports; may be repeated [default: that of the file]
    --refresh                 # Have the gateway ask the servers again
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl grpc services output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl grpc services color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl grpc services errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl grpc describe output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl grpc describe color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl grpc describe errors" [] {
    [ "text" "json" ]
  }

  # Show a gRPC service, one of its methods, a message or an enum, with all messages that it needs
  export extern "gatewayctl grpc describe" [
    --via: string             # Who is asked: the gateway, or directly the server at an address [default: gateway]
    --proto: string@"nu-complete gatewayctl"           # Take the definitions from this object of the gateway, and not from the server's reflection
    --proto-file: path        # Take the definitions from a file: source (.proto), or a descriptor set
    --import: path            # Folder of files that the file imports; may be repeated [default: that of the file]
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl grpc describe output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl grpc describe color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl grpc describe errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    symbol: string@"nu-complete gatewayctl"            # Full name of a service, of a method (SERVICE.METHOD or SERVICE/METHOD), of a message or an enum
  ]

  def "nu-complete gatewayctl grpc call output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl grpc call color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl grpc call errors" [] {
    [ "text" "json" ]
  }

  # Call a method of a gRPC service
  export extern "gatewayctl grpc call" [
    --data(-d): string        # Messages as JSON; @FILE reads a file, - standard input [default: {}, and none for a method that takes a stream]
    --stream                  # Send messages as they are read, and print each answer on a line
    --metadata(-H): string    # Field of the request; may be repeated
    --via: string             # Who is asked: the gateway, or directly the server at an address [default: gateway]
    --proto: string@"nu-complete gatewayctl"           # Take the definitions from this object of the gateway, and not from the server's reflection
    --proto-file: path        # Take the definitions from a file: source (.proto), or a descriptor set
    --import: path            # Folder of files that the file imports; may be repeated [default: that of the file]
    --upstream: string@"nu-complete gatewayctl"        # Upstream of the gateway that is called
    --route: string@"nu-complete gatewayctl"           # Route of the gateway to whose upstream the call goes
    --node: string            # Node of an upstream that is called
    --emit-defaults           # Print fields of messages that are not set, too
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl grpc call output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl grpc call color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl grpc call errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    method: string@"nu-complete gatewayctl"            # Full name of the service, and the method: package.Service/Method
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl grpc help" [
  ]

  # List the gRPC services that servers tell of by reflection, and those of stored definitions
  export extern "gatewayctl grpc help services" [
  ]

  # Show a gRPC service, one of its methods, a message or an enum, with all messages that it needs
  export extern "gatewayctl grpc help describe" [
  ]

  # Call a method of a gRPC service
  export extern "gatewayctl grpc help call" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl grpc help help" [
  ]

  def "nu-complete gatewayctl ui output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl ui color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl ui errors" [] {
    [ "text" "json" ]
  }

  # Watch and change the gateway on a live screen
  export extern "gatewayctl ui" [
    --screen: string@"nu-complete gatewayctl"          # The first screen [default: overview]
    --refresh: string         # How often numbers are told [default: 1s]
    --theme: string@"nu-complete gatewayctl"           # default, light, high-contrast, mono, solarized, nord, deuteranopia, tritanopia, or a file of yours
    --read-only               # Change nothing on the server
    --ascii                   # Use ASCII characters only
    --no-mouse                # Leave the mouse to the terminal
    --record: path            # Store everything that the server tells in a file
    --replay: path            # Show a recording in the place of a server
    --snapshot: string        # Print one screen as text and end
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl ui output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl ui color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl ui errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl context output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl context color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl context errors" [] {
    [ "text" "json" ]
  }

  # Name servers, and choose between them
  export extern "gatewayctl context" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl context output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl context color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl context errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl context list output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl context list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl context list errors" [] {
    [ "text" "json" ]
  }

  # List the contexts
  export extern "gatewayctl context list" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl context list output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl context list color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl context list errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl context current output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl context current color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl context current errors" [] {
    [ "text" "json" ]
  }

  # Print the name of the context in use
  export extern "gatewayctl context current" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl context current output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl context current color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl context current errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl context use output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl context use color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl context use errors" [] {
    [ "text" "json" ]
  }

  # Use another context from now on
  export extern "gatewayctl context use" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl context use output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl context use color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl context use errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    name: string@"nu-complete gatewayctl"              # Its name
  ]

  def "nu-complete gatewayctl context create confirm" [] {
    [ "never" "deletes" "writes" ]
  }

  def "nu-complete gatewayctl context create accent" [] {
    [ "red" "yellow" "green" "blue" "magenta" "cyan" ]
  }

  def "nu-complete gatewayctl context create output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl context create color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl context create errors" [] {
    [ "text" "json" ]
  }

  # Add a context, from the global options that say where a server is and how it is reached
  export extern "gatewayctl context create" [
    --key-command: string     # A command that prints the admin key
    --keyring                 # The admin key is in the system's keyring, under the context's name
    --read-only               # Refuse every change
    --confirm: string@"nu-complete gatewayctl context create confirm" # Which changes are asked about
    --accent: string@"nu-complete gatewayctl context create accent" # Accent of the terminal UI
    --use                     # Use it from now on
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl context create output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl context create color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl context create errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    name: string              # Its name
  ]

  def "nu-complete gatewayctl context delete output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl context delete color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl context delete errors" [] {
    [ "text" "json" ]
  }

  # Delete a context
  export extern "gatewayctl context delete" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl context delete output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl context delete color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl context delete errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    name: string@"nu-complete gatewayctl"              # Its name
  ]

  def "nu-complete gatewayctl context rename output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl context rename color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl context rename errors" [] {
    [ "text" "json" ]
  }

  # Give a context another name
  export extern "gatewayctl context rename" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl context rename output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl context rename color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl context rename errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    name: string@"nu-complete gatewayctl"              # Its name
    new: string               # The other one
  ]

  def "nu-complete gatewayctl context view output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl context view color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl context view errors" [] {
    [ "text" "json" ]
  }

  # Print the configuration file, keys masked
  export extern "gatewayctl context view" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl context view output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl context view color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl context view errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl context import from" [] {
    [ "adc" "a6" "deck" "curl" ]
  }

  def "nu-complete gatewayctl context import output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl context import color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl context import errors" [] {
    [ "text" "json" ]
  }

  # Make contexts out of another tool's settings
  export extern "gatewayctl context import" [
    --from: string@"nu-complete gatewayctl context import from" # Whose settings
    --name: string            # Name of the context [default: the tool's name, or the names there]
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl context import output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl context import color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl context import errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    source?: string           # The file, or for curl the command line [default: where the tool keeps it]
  ]

  def "nu-complete gatewayctl context test output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl context test color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl context test errors" [] {
    [ "text" "json" ]
  }

  # Try whether the server of a context answers and takes the key
  export extern "gatewayctl context test" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl context test output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl context test color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl context test errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    name?: string@"nu-complete gatewayctl"             # Its name; without it the one in use
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl context help" [
  ]

  # List the contexts
  export extern "gatewayctl context help list" [
  ]

  # Print the name of the context in use
  export extern "gatewayctl context help current" [
  ]

  # Use another context from now on
  export extern "gatewayctl context help use" [
  ]

  # Add a context, from the global options that say where a server is and how it is reached
  export extern "gatewayctl context help create" [
  ]

  # Delete a context
  export extern "gatewayctl context help delete" [
  ]

  # Give a context another name
  export extern "gatewayctl context help rename" [
  ]

  # Print the configuration file, keys masked
  export extern "gatewayctl context help view" [
  ]

  # Make contexts out of another tool's settings
  export extern "gatewayctl context help import" [
  ]

  # Try whether the server of a context answers and takes the key
  export extern "gatewayctl context help test" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl context help help" [
  ]

  def "nu-complete gatewayctl config-file output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config-file color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config-file errors" [] {
    [ "text" "json" ]
  }

  # Print the path of the configuration file, or open it in an editor
  export extern "gatewayctl config-file" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config-file output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config-file color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config-file errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config-file path output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config-file path color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config-file path errors" [] {
    [ "text" "json" ]
  }

  # Print the path, whether the file is there or not
  export extern "gatewayctl config-file path" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config-file path output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config-file path color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config-file path errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl config-file edit output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl config-file edit color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl config-file edit errors" [] {
    [ "text" "json" ]
  }

  # Open it in $VISUAL, $EDITOR or vi, and check it afterwards
  export extern "gatewayctl config-file edit" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl config-file edit output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl config-file edit color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl config-file edit errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl config-file help" [
  ]

  # Print the path, whether the file is there or not
  export extern "gatewayctl config-file help path" [
  ]

  # Open it in $VISUAL, $EDITOR or vi, and check it afterwards
  export extern "gatewayctl config-file help edit" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl config-file help help" [
  ]

  def "nu-complete gatewayctl alias output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl alias color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl alias errors" [] {
    [ "text" "json" ]
  }

  # Give command lines a short name
  export extern "gatewayctl alias" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl alias output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl alias color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl alias errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl alias list output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl alias list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl alias list errors" [] {
    [ "text" "json" ]
  }

  # List the aliases
  export extern "gatewayctl alias list" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl alias list output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl alias list color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl alias list errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl alias set output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl alias set color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl alias set errors" [] {
    [ "text" "json" ]
  }

  # Set an alias; it cannot have the name of a command
  export extern "gatewayctl alias set" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl alias set output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl alias set color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl alias set errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    name: string              # The word
    ...line: string           # The command line that it stands for, without gatewayctl in front
  ]

  def "nu-complete gatewayctl alias delete output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl alias delete color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl alias delete errors" [] {
    [ "text" "json" ]
  }

  # Delete an alias
  export extern "gatewayctl alias delete" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl alias delete output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl alias delete color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl alias delete errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    name: string              # The word
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl alias help" [
  ]

  # List the aliases
  export extern "gatewayctl alias help list" [
  ]

  # Set an alias; it cannot have the name of a command
  export extern "gatewayctl alias help set" [
  ]

  # Delete an alias
  export extern "gatewayctl alias help delete" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl alias help help" [
  ]

  def "nu-complete gatewayctl version output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl version color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl version errors" [] {
    [ "text" "json" ]
  }

  # Print the versions of this tool and of the gateway
  export extern "gatewayctl version" [
    --client                  # Only this tool, without asking the gateway
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl version output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl version color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl version errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete gatewayctl completion shell" [] {
    [ "bash" "zsh" "fish" "powershell" "elvish" "nushell" ]
  }

  def "nu-complete gatewayctl completion output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl completion color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl completion errors" [] {
    [ "text" "json" ]
  }

  # Print the completion script of a shell
  export extern "gatewayctl completion" [
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl completion output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl completion color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl completion errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    shell: string@"nu-complete gatewayctl completion shell" # The shell
  ]

  def "nu-complete gatewayctl man output" [] {
    [ "table" "wide" "json" "yaml" "ndjson" "name" "jsonpath" "template" "jq" "csv" "markdown" "custom-columns" ]
  }

  def "nu-complete gatewayctl man color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete gatewayctl man errors" [] {
    [ "text" "json" ]
  }

  # Print the manual page, or write the pages of all commands
  export extern "gatewayctl man" [
    --dir: path               # Write a page for each command into this folder
    --server: string          # Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    --control-server: string  # Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    --gateway: string         # Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    --metrics: string         # Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    --context(-C): string@"nu-complete gatewayctl"     # Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    --config: path            # Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    --key-file: path          # Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    --key: string             # Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    --ca: path                # Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    --cert: path              # Client certificate, PEM [env: GATEWAYCTL_CERT]
    --cert-key: path          # Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    --tls-server-name: string # Name the server's certificate must have [default: the host of the URL]
    --insecure-skip-verify    # Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    --header: string          # Extra header on every Admin call; may be repeated
    --timeout: string         # Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    --retries: string         # Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    --output(-o): string@"nu-complete gatewayctl man output" # Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    --columns: string         # The columns of a table, csv or markdown, by name
    --no-headers              # Leave the header row of a table out
    --plain                   # Tabs between the columns of a table, and no alignment
    --compact                 # JSON on one line
    --no-pager                # Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    --color: string@"nu-complete gatewayctl man color" # When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    --no-input                # Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    --yes(-y)                 # Answer yes to confirmations
    --quiet(-q)               # Only data on stdout, only errors on stderr
    --verbose(-v)             # -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    --errors: string@"nu-complete gatewayctl man errors" # Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    --version(-V)             # Print version, git revision, build date and target
    --help(-h)                # Print help (see more with '--help')
    ...command: string        # The command, such as get or certs list
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl help" [
  ]

  # Show one or many objects
  export extern "gatewayctl help get" [
  ]

  # Show one object with its plugins, its nodes, and what it names and is named by
  export extern "gatewayctl help describe" [
  ]

  # Create an object that is not there yet
  export extern "gatewayctl help create" [
  ]

  # Create or change objects so that they are as the files say
  export extern "gatewayctl help apply" [
  ]

  # Change an object in an editor
  export extern "gatewayctl help edit" [
  ]

  # Change parts of one object
  export extern "gatewayctl help patch" [
  ]

  # Set and remove labels of an object
  export extern "gatewayctl help label" [
  ]

  # Let routes or certificates take part again
  export extern "gatewayctl help enable" [
  ]

  # Keep routes or certificates, and let them take no part
  export extern "gatewayctl help disable" [
  ]

  # Delete objects
  export extern "gatewayctl help delete" [
  ]

  # Wait until an object exists, is deleted, is healthy, or has a revision
  export extern "gatewayctl help wait" [
  ]

  # Say what an object's fields are
  export extern "gatewayctl help explain" [
  ]

  # Show which objects name which: routes, their services, upstreams and nodes, consumers and their groups
  export extern "gatewayctl help tree" [
  ]

  # Compare the whole configuration with files, write it to files, and make it be as files say
  export extern "gatewayctl help config" [
  ]

  # Write the whole configuration as files that `config sync` takes
  export extern "gatewayctl help config dump" [
  ]

  # Show what differs between files and the server
  export extern "gatewayctl help config diff" [
  ]

  # Make the server hold what the files say, and nothing else
  export extern "gatewayctl help config sync" [
  ]

  # Say whether the server would take the objects of files
  export extern "gatewayctl help config validate" [
  ]

  # Look for mistakes in files, without a server
  export extern "gatewayctl help config lint" [
  ]

  # Bring files into their canonical form: fixed order of objects and fields
  export extern "gatewayctl help config fmt" [
  ]

  # Put the objects of many files into one
  export extern "gatewayctl help config merge" [
  ]

  # Write the objects of files into a folder: a file for each object, resource or value of a label
  export extern "gatewayctl help config split" [
  ]

  # Put values in the place of ${{ env.NAME }}, ${{ file.PATH }} and ${{ NAME }}
  export extern "gatewayctl help config render" [
  ]

  # Show who changed what and when, and what differs between two revisions
  export extern "gatewayctl help config history" [
  ]

  # Bring the configuration back to what it was after a revision
  export extern "gatewayctl help config rollback" [
  ]

  # Turn OpenAPI documents and files of ADC into objects, and objects into files of ADC
  export extern "gatewayctl help convert" [
  ]

  # Turn OpenAPI documents (2.0, 3.0, 3.1) into a service with routes
  export extern "gatewayctl help convert openapi" [
  ]

  # Turn files of ADC into objects, or with --to adc objects into a file of ADC
  export extern "gatewayctl help convert adc" [
  ]

  # Not built yet: files of decK
  export extern "gatewayctl help convert deck" [
  ]

  # Not built yet: configurations of nginx
  export extern "gatewayctl help convert nginx" [
  ]

  # Not built yet: Ingress objects of Kubernetes
  export extern "gatewayctl help convert k8s-ingress" [
  ]

  # Bring the configuration of another gateway into this one
  export extern "gatewayctl help import" [
  ]

  # From APISIX: a running one's Admin API, or its standalone file
  export extern "gatewayctl help import apisix" [
  ]

  # Explain what a request would come to, and why, without sending it
  export extern "gatewayctl help trace" [
  ]

  # Send a request through the gateway, and check the answer
  export extern "gatewayctl help test" [
  ]

  # Load a route through the gateway, and say how long the answers took
  export extern "gatewayctl help bench" [
  ]

  # Show the traffic of now: rates and latencies, or single requests as they end
  export extern "gatewayctl help traffic" [
  ]

  # Show the traffic of now by route, upstream and the like, again and again
  export extern "gatewayctl help traffic top" [
  ]

  # Count the traffic of a window, and show it by route, upstream and the like
  export extern "gatewayctl help traffic stat" [
  ]

  # Show requests as they end
  export extern "gatewayctl help traffic tap" [
  ]

  # Call the Admin API directly
  export extern "gatewayctl help api" [
  ]

  # Show how the gateway is: listeners, process, objects, unhealthy nodes, certificates, registries
  export extern "gatewayctl help status" [
  ]

  # Show the nodes of upstreams and how they are
  export extern "gatewayctl help health" [
  ]

  # Show the error log of the gateway, or its access log
  export extern "gatewayctl help logs" [
  ]

  # Show changes of the configuration: when, who, what
  export extern "gatewayctl help events" [
  ]

  # Show the metrics of the gateway
  export extern "gatewayctl help metrics" [
  ]

  # Ask the Admin API for a sign of life, and say how long it takes
  export extern "gatewayctl help ping" [
  ]

  # Check configuration, key, TLS, clock, listeners, versions and terminal
  export extern "gatewayctl help doctor" [
  ]

  # List, look at, check and upload certificates
  export extern "gatewayctl help certs" [
  ]

  # List the certificates of the gateway
  export extern "gatewayctl help certs list" [
  ]

  # List the certificates that end soon, the first to end first
  export extern "gatewayctl help certs expiry" [
  ]

  # Show what stands in a certificate: of a file, of an ssl object, or of who answers at an address
  export extern "gatewayctl help certs inspect" [
  ]

  # Check certificates: order of the chain, names, keys, dates
  export extern "gatewayctl help certs check" [
  ]

  # Make an ssl object of a certificate and its private key, or renew one
  export extern "gatewayctl help certs upload" [
  ]

  # List, explain and look for plugins
  export extern "gatewayctl help plugins" [
  ]

  # List the plugins, those that run first in front
  export extern "gatewayctl help plugins list" [
  ]

  # Print the JSON schema of a plugin's configuration
  export extern "gatewayctl help plugins schema" [
  ]

  # Show the page of a plugin
  export extern "gatewayctl help plugins docs" [
  ]

  # Print a configuration of a plugin to begin with, and all of its fields as comments
  export extern "gatewayctl help plugins example" [
  ]

  # List the objects that use a plugin
  export extern "gatewayctl help plugins usage" [
  ]

  # Have the server load its plugins again
  export extern "gatewayctl help plugins reload" [
  ]

  # Show registries, their services and instances
  export extern "gatewayctl help discovery" [
  ]

  # List the registries of the gateway's configuration file
  export extern "gatewayctl help discovery list" [
  ]

  # List the services that are followed at a registry, or the instances of one
  export extern "gatewayctl help discovery get" [
  ]

  # Find the consumer of a key, or make a token to try with
  export extern "gatewayctl help consumers" [
  ]

  # Say which consumer a key or token belongs to
  export extern "gatewayctl help consumers who" [
  ]

  # Make a token of a consumer, to try routes with
  export extern "gatewayctl help consumers token" [
  ]

  # Try references to secret managers
  export extern "gatewayctl help secrets" [
  ]

  # Say which references lead to a manager, and which of them the gateway could not resolve
  export extern "gatewayctl help secrets test" [
  ]

  # List, describe and call the Dubbo services that the gateway knows
  export extern "gatewayctl help dubbo" [
  ]

  # List the Dubbo services that routes, registries and calls name
  export extern "gatewayctl help dubbo services" [
  ]

  # Show the methods and providers of a Dubbo service, and what was counted of its calls
  export extern "gatewayctl help dubbo describe" [
  ]

  # Call a method of a Dubbo service through the gateway
  export extern "gatewayctl help dubbo call" [
  ]

  # List, describe and call gRPC services, by reflection or stored definitions
  export extern "gatewayctl help grpc" [
  ]

  # List the gRPC services that servers tell of by reflection, and those of stored definitions
  export extern "gatewayctl help grpc services" [
  ]

  # Show a gRPC service, one of its methods, a message or an enum, with all messages that it needs
  export extern "gatewayctl help grpc describe" [
  ]

  # Call a method of a gRPC service
  export extern "gatewayctl help grpc call" [
  ]

  # Watch and change the gateway on a live screen
  export extern "gatewayctl help ui" [
  ]

  # Name servers, and choose between them
  export extern "gatewayctl help context" [
  ]

  # List the contexts
  export extern "gatewayctl help context list" [
  ]

  # Print the name of the context in use
  export extern "gatewayctl help context current" [
  ]

  # Use another context from now on
  export extern "gatewayctl help context use" [
  ]

  # Add a context, from the global options that say where a server is and how it is reached
  export extern "gatewayctl help context create" [
  ]

  # Delete a context
  export extern "gatewayctl help context delete" [
  ]

  # Give a context another name
  export extern "gatewayctl help context rename" [
  ]

  # Print the configuration file, keys masked
  export extern "gatewayctl help context view" [
  ]

  # Make contexts out of another tool's settings
  export extern "gatewayctl help context import" [
  ]

  # Try whether the server of a context answers and takes the key
  export extern "gatewayctl help context test" [
  ]

  # Print the path of the configuration file, or open it in an editor
  export extern "gatewayctl help config-file" [
  ]

  # Print the path, whether the file is there or not
  export extern "gatewayctl help config-file path" [
  ]

  # Open it in $VISUAL, $EDITOR or vi, and check it afterwards
  export extern "gatewayctl help config-file edit" [
  ]

  # Give command lines a short name
  export extern "gatewayctl help alias" [
  ]

  # List the aliases
  export extern "gatewayctl help alias list" [
  ]

  # Set an alias; it cannot have the name of a command
  export extern "gatewayctl help alias set" [
  ]

  # Delete an alias
  export extern "gatewayctl help alias delete" [
  ]

  # Print the versions of this tool and of the gateway
  export extern "gatewayctl help version" [
  ]

  # Print the completion script of a shell
  export extern "gatewayctl help completion" [
  ]

  # Print the manual page, or write the pages of all commands
  export extern "gatewayctl help man" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "gatewayctl help help" [
  ]

}

export use completions *
