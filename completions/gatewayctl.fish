# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_gatewayctl_global_optspecs
    string join \n server= control-server= gateway= metrics= C/context= config= key-file= key= ca= cert= cert-key= tls-server-name= insecure-skip-verify header= timeout= retries= o/output= columns= no-headers plain compact no-pager color= no-input y/yes q/quiet v/verbose errors= V/version h/help
end

function __fish_gatewayctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_gatewayctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_gatewayctl_using_subcommand
    set -l cmd (__fish_gatewayctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "describe" -d 'Show one object with its plugins, its nodes, and what it names and is named by'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "create" -d 'Create an object that is not there yet'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "apply" -d 'Create or change objects so that they are as the files say'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "edit" -d 'Change an object in an editor'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "patch" -d 'Change parts of one object'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "label" -d 'Set and remove labels of an object'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "enable" -d 'Let routes or certificates take part again'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "disable" -d 'Keep routes or certificates, and let them take no part'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "wait" -d 'Wait until an object exists, is deleted, is healthy, or has a revision'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "explain" -d 'Say what an object\'s fields are'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "tree" -d 'Show which objects name which: routes, their services, upstreams and nodes, consumers and their groups'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "config" -d 'Compare the whole configuration with files, write it to files, and make it be as files say'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "status" -d 'Show how the gateway is: listeners, version, objects, unhealthy nodes, certificates'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "dubbo" -d 'List, describe and call the Dubbo services that the gateway knows'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "context" -d 'Name servers, and choose between them'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "config-file" -d 'Print the path of the configuration file, or open it in an editor'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "alias" -d 'Give command lines a short name'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "version" -d 'Print the versions of this tool and of the gateway'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "completion" -d 'Print the completion script of a shell'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "get" -d 'Show one or many objects'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "delete" -d 'Delete objects'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "api" -d 'Call the Admin API directly'
complete -c gatewayctl -n "__fish_gatewayctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l consumer -d 'Whose credential' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l show-secrets -d 'Show secrets as they are'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand describe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -s f -l file -d 'The objects of a file, - is standard input; with RESOURCE its fields alone' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l consumer -d 'Whose credential' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l name -d 'Name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l desc -d 'Description' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l uri -d 'Paths of a route' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l host -d 'Hosts of a route or service' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l methods -d 'Methods of a route' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l upstream-nodes -d 'Nodes and their weights, of an upstream or within another object' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l upstream -d 'Id of the upstream' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l service -d 'Id of the service' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l plugin -d 'A plugin, with its configuration as JSON; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l label -d 'Labels' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l set -d 'Any other field; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l dry-run -d 'Say what would be done: client compares only, server also has it checked' -r -f -a "none\t'Writes'
client\t'Compares with what the server holds'
server\t'Also asks the server whether it would take the objects'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l wait -d 'Wait until the gateway has taken the change up, at most so long' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l if-match -d 'Only if the object still has this revision' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l edit -d 'Write it in $VISUAL or $EDITOR'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l diff -d 'Show what will differ, and ask'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -s f -l file -d 'File, folder, glob or - for standard input; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l dry-run -d 'Say what would be done: client compares only, server also has the objects and what they refer to checked' -r -f -a "none\t'Writes'
client\t'Compares with what the server holds'
server\t'Also asks the server whether it would take the objects'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l wait -d 'Wait until the gateway has taken the changes up, at most so long' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l if-match -d 'Only if the one object of the files still has this revision' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -s l -l selector -d 'The labels of what --prune may delete' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -s R -l recursive -d 'Folders with their subfolders'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l diff -d 'Show what will differ, and ask'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l prune -d 'Then delete what has the labels of -l and is in no file'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l consumer -d 'Whose credential' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l dry-run -d 'Say what would be done: client compares only, server also has it checked' -r -f -a "none\t'Writes'
client\t'Compares with what the server holds'
server\t'Also asks the server whether it would take the objects'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l wait -d 'Wait until the gateway has taken the change up, at most so long' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l if-match -d 'Only if the object still has this revision' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l diff -d 'Show what will differ, and ask'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l consumer -d 'Whose credential' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l type -d 'What the patch is' -r -f -a "merge\t'RFC 7396: objects merge, null removes'
path\t'The value of one field'
json\t'RFC 6902: a list of operations'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -s p -l patch -d 'The patch, in JSON or YAML' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -s f -l file -d 'The patch from a file, - is standard input' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l at -d 'The field that a patch of type path replaces' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l set -d 'Set a field; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l unset -d 'Remove a field; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l dry-run -d 'Say what would be done: client compares only, server also has it checked' -r -f -a "none\t'Writes'
client\t'Compares with what the server holds'
server\t'Also asks the server whether it would take the objects'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l wait -d 'Wait until the gateway has taken the change up, at most so long' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l if-match -d 'Only if the object still has this revision' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l diff -d 'Show what will differ, and ask'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand patch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l dry-run -d 'Say what would be done: client compares only, server also has it checked' -r -f -a "none\t'Writes'
client\t'Compares with what the server holds'
server\t'Also asks the server whether it would take the objects'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l wait -d 'Wait until the gateway has taken the change up, at most so long' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l if-match -d 'Only if the object still has this revision' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l diff -d 'Show what will differ, and ask'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand label" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l dry-run -d 'Say what would be done: client compares only, server also has it checked' -r -f -a "none\t'Writes'
client\t'Compares with what the server holds'
server\t'Also asks the server whether it would take the objects'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l wait -d 'Wait until the gateway has taken the change up, at most so long' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l if-match -d 'Only if the object still has this revision' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l diff -d 'Show what will differ, and ask'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l dry-run -d 'Say what would be done: client compares only, server also has it checked' -r -f -a "none\t'Writes'
client\t'Compares with what the server holds'
server\t'Also asks the server whether it would take the objects'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l wait -d 'Wait until the gateway has taken the change up, at most so long' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l if-match -d 'Only if the object still has this revision' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l diff -d 'Show what will differ, and ask'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand disable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l for -d 'exists, deleted, healthy, healthy=N% or rev=N' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l consumer -d 'Whose credential' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l every -d 'How often is looked' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l recursive -d 'Also the fields of the fields'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l unused -d 'Objects that nothing names'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l broken -d 'Names of objects that do not exist'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand tree" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "dump" -d 'Write the whole configuration as files that `config sync` takes'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "diff" -d 'Show what differs between files and the server'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "sync" -d 'Make the server hold what the files say, and nothing else'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "validate" -d 'Say whether the server would take the objects of files'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "lint" -d 'Look for mistakes in files, without a server'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "fmt" -d 'Bring files into their canonical form: fixed order of objects and fields'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "merge" -d 'Put the objects of many files into one'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "split" -d 'Write the objects of files into a folder: a file for each object, resource or value of a label'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "render" -d 'Put values in the place of ${{ env.NAME }}, ${{ file.PATH }} and ${{ NAME }}'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "history" -d 'Show who changed what and when, and what differs between two revisions'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "rollback" -d 'Bring the configuration back to what it was after a revision'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and not __fish_seen_subcommand_from dump diff sync validate lint fmt merge split render history rollback help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l to -d 'File, or folder with / at its end (-o does too); without it standard output' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -s l -l selector -d 'Only objects with these labels, on both sides' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l only -d 'Only these resources' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l skip -d 'All but these resources' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l format -d 'Shape of the files' -r -f -a "native\t'Lists under the names of the Admin paths, as in APISIX\'s standalone file'
object\t'Objects with their `kind`, as `get -o yaml` prints them'
envelope\t'`{key, value}`, as the Admin API answers'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l split-by -d 'In a folder: a file for each value of a label, label:NAME' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l with-secrets -d 'Show secrets as they are'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from dump" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s f -l file -d 'File, folder, glob or - for standard input; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l format -d 'Take the files for this shape only' -r -f -a "native\t'Lists under the names of the Admin paths, as in APISIX\'s standalone file'
object\t'Objects with their `kind`, as `get -o yaml` prints them'
envelope\t'`{key, value}`, as the Admin API answers'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s l -l selector -d 'Only objects with these labels, on both sides' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l only -d 'Only these resources' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l skip -d 'All but these resources' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s R -l recursive -d 'Folders with their subfolders'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l no-delete -d 'What no file has stays, and is no difference'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -s f -l file -d 'File, folder, glob or - for standard input; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l format -d 'Take the files for this shape only' -r -f -a "native\t'Lists under the names of the Admin paths, as in APISIX\'s standalone file'
object\t'Objects with their `kind`, as `get -o yaml` prints them'
envelope\t'`{key, value}`, as the Admin API answers'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -s l -l selector -d 'Only objects with these labels, on both sides' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l only -d 'Only these resources' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l skip -d 'All but these resources' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l max-deletes -d 'How many objects of a resource may go at most, a number or a part' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l dry-run -d 'Say what would be done: client compares only, server also has it checked' -r -f -a "none\t'Writes'
client\t'Compares with what the server holds'
server\t'Also asks the server whether it would take the objects'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l wait -d 'Wait until the gateway has taken the changes up, at most so long' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l if-match -d 'Only if the configuration still has this revision' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l parallel -d 'Where there are no transactions: calls at once' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l on-error -d 'Where there are no transactions: what a failure means for the rest' -r -f -a "stop\t'No further changes'
continue\t'All the others are made'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -s R -l recursive -d 'Folders with their subfolders'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l no-delete -d 'What no file has stays'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l diff -d 'Show what will differ'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s f -l file -d 'File, folder, glob or - for standard input; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l format -d 'Take the files for this shape only' -r -f -a "native\t'Lists under the names of the Admin paths, as in APISIX\'s standalone file'
object\t'Objects with their `kind`, as `get -o yaml` prints them'
envelope\t'`{key, value}`, as the Admin API answers'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l report -d 'A form for other programs (-o does too)' -r -f -a "sarif\t'SARIF 2.1.0, for code scanning'
github\t'Annotations of GitHub\'s workflows'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s R -l recursive -d 'Folders with their subfolders'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l server-side -d 'Have the server check them'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -s f -l file -d 'File, folder, glob or - for standard input; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l format -d 'Take the files for this shape only' -r -f -a "native\t'Lists under the names of the Admin paths, as in APISIX\'s standalone file'
object\t'Objects with their `kind`, as `get -o yaml` prints them'
envelope\t'`{key, value}`, as the Admin API answers'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l rules -d 'Severities of rules' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l fail-on -d 'Exit with 1 where something this severe was found, or worse' -r -f -a "error\t'Errors'
warning\t'Warnings, and errors'
info\t'Anything'
never\t'Nothing'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l report -d 'A form for other programs (-o does too)' -r -f -a "sarif\t'SARIF 2.1.0, for code scanning'
github\t'Annotations of GitHub\'s workflows'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -s R -l recursive -d 'Folders with their subfolders'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -s f -l file -d 'File, folder, glob or - for standard input; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l format -d 'Shape of the result; without it each file keeps its own' -r -f -a "native\t'Lists under the names of the Admin paths, as in APISIX\'s standalone file'
object\t'Objects with their `kind`, as `get -o yaml` prints them'
envelope\t'`{key, value}`, as the Admin API answers'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -s R -l recursive -d 'Folders with their subfolders'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -s w -l write -d 'Write it in the place of the files'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l check -d 'Exit with 1 where a file is not in this form'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l drop-comments -d 'Also files with comments, which are lost'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from fmt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -s f -l file -d 'File, folder, glob or - for standard input; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l format -d 'Take the files for this shape only' -r -f -a "native\t'Lists under the names of the Admin paths, as in APISIX\'s standalone file'
object\t'Objects with their `kind`, as `get -o yaml` prints them'
envelope\t'`{key, value}`, as the Admin API answers'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l to -d 'The file (-o does too); without it standard output' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l shape -d 'Shape of the result' -r -f -a "native\t'Lists under the names of the Admin paths, as in APISIX\'s standalone file'
object\t'Objects with their `kind`, as `get -o yaml` prints them'
envelope\t'`{key, value}`, as the Admin API answers'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -s R -l recursive -d 'Folders with their subfolders'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -s f -l file -d 'File, folder, glob or - for standard input; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l format -d 'Take the files for this shape only' -r -f -a "native\t'Lists under the names of the Admin paths, as in APISIX\'s standalone file'
object\t'Objects with their `kind`, as `get -o yaml` prints them'
envelope\t'`{key, value}`, as the Admin API answers'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l to -d 'The folder (-o does too)' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l by -d 'What a file is for: object, resource or label:NAME' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -s R -l recursive -d 'Folders with their subfolders'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from split" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -s f -l file -d 'File, folder, glob or - for standard input; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l set -d 'A value; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l to -d 'The file (-o does too); without it standard output' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -s R -l recursive -d 'Folders with their subfolders'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from render" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l limit -d 'Of how many revisions' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l if-match -d 'Only if the configuration still has this revision' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l wait -d 'Wait until the gateway has taken the changes up, at most so long' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l dry-run -d 'Say what would be done'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "dump" -d 'Write the whole configuration as files that `config sync` takes'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Show what differs between files and the server'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "sync" -d 'Make the server hold what the files say, and nothing else'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "validate" -d 'Say whether the server would take the objects of files'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "lint" -d 'Look for mistakes in files, without a server'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "fmt" -d 'Bring files into their canonical form: fixed order of objects and fields'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "merge" -d 'Put the objects of many files into one'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "split" -d 'Write the objects of files into a folder: a file for each object, resource or value of a label'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "render" -d 'Put values in the place of ${{ env.NAME }}, ${{ file.PATH }} and ${{ NAME }}'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "history" -d 'Show who changed what and when, and what differs between two revisions'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "rollback" -d 'Bring the configuration back to what it was after a revision'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l check -d 'Exit with 1 if anything is wrong'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -f -a "services" -d 'List the Dubbo services that routes, registries and calls name'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -f -a "describe" -d 'Show the methods and providers of a Dubbo service, and what was counted of its calls'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -f -a "call" -d 'Call a method of a Dubbo service through the gateway'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and not __fish_seen_subcommand_from services describe call help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l registry -d 'Only those of this registry, such as zookeeper or nacos' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from services" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from describe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l types -d 'Java types of the parameters, where several methods have the name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l group -d 'Group of the service' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l version -d 'Version of the service' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l attachment -d 'Attachment of the call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l via -d 'Who chooses the node: gateway, or direct and the address and port of one [default: gateway]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l node -d 'The same as --via direct IP:PORT' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l serialization -d 'How the call is written: hessian2, fastjson2 or json; the gateway says which it does not write [default: hessian2]' -r -f -a "hessian2\t'What all providers read'
fastjson2\t'That of Dubbo 3.2 and later'
json\t'As text'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from call" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from help" -f -a "services" -d 'List the Dubbo services that routes, registries and calls name'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from help" -f -a "describe" -d 'Show the methods and providers of a Dubbo service, and what was counted of its calls'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from help" -f -a "call" -d 'Call a method of a Dubbo service through the gateway'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand dubbo; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -f -a "list" -d 'List the contexts'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -f -a "current" -d 'Print the name of the context in use'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -f -a "use" -d 'Use another context from now on'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -f -a "create" -d 'Add a context, from the global options that say where a server is and how it is reached'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -f -a "delete" -d 'Delete a context'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -f -a "rename" -d 'Give a context another name'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -f -a "view" -d 'Print the configuration file, keys masked'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -f -a "import" -d 'Make contexts out of another tool\'s settings'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -f -a "test" -d 'Try whether the server of a context answers and takes the key'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and not __fish_seen_subcommand_from list current use create delete rename view import test help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from current" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l key-command -d 'A command that prints the admin key' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l confirm -d 'Which changes are asked about' -r -f -a "never\t'None'
deletes\t'Deletions'
writes\t'Every change'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l accent -d 'Accent of the terminal UI' -r -f -a "red\t'For what must not be touched by mistake'
yellow\t'For what is careful'
green\t'For what is free'
blue\t'And others'
magenta\t'And others'
cyan\t'And others'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l read-only -d 'Refuse every change'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l use -d 'Use it from now on'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from view" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l from -d 'Whose settings' -r -f -a "adc\t'APISIX declarative client'
a6\t'APISIX command line in Go'
deck\t'Kong\'s deck'
curl\t'A curl command line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l name -d 'Name of the context [default: the tool\'s name, or the names there]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the contexts'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "current" -d 'Print the name of the context in use'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "use" -d 'Use another context from now on'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "create" -d 'Add a context, from the global options that say where a server is and how it is reached'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete a context'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "rename" -d 'Give a context another name'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "view" -d 'Print the configuration file, keys masked'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "import" -d 'Make contexts out of another tool\'s settings'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "test" -d 'Try whether the server of a context answers and takes the key'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand context; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -f -a "path" -d 'Print the path, whether the file is there or not'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -f -a "edit" -d 'Open it in $VISUAL, $EDITOR or vi, and check it afterwards'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and not __fish_seen_subcommand_from path edit help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print the path, whether the file is there or not'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Open it in $VISUAL, $EDITOR or vi, and check it afterwards'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand config-file; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -f -a "list" -d 'List the aliases'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -f -a "set" -d 'Set an alias; it cannot have the name of a command'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -f -a "delete" -d 'Delete an alias'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and not __fish_seen_subcommand_from list set delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the aliases'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from help" -f -a "set" -d 'Set an alias; it cannot have the name of a command'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete an alias'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand alias; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l client -d 'Only this tool, without asking the gateway'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l consumer -d 'Whose credentials; without it those of all consumers' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -s l -l selector -d 'Labels: k=v, k!=v, k, !k, k in (a,b), k notin (a,b), with commas between them' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l where -d 'A condition on any field, such as \'priority > 0 && uri =~ "^/api"\'' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l name -d 'Those whose name contains this' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l uri -d 'Routes whose uri contains this' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l host -d 'Those for this host; *.example.com takes in its subdomains' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l service -d 'Those of this service' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l upstream -d 'Those of this upstream' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l plugin -d 'Those that use this plugin' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l status -d 'Enabled ones or disabled ones' -r -f -a "enabled\t'Status 1, or none'
disabled\t'Status 0'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l sort-by -d 'Order by a field, FIELD or FIELD:desc' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l limit -d 'At most this many' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l page-size -d 'Ask the server for pages of 10 to 500' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l interval -d 'How often --watch looks' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l show-secrets -d 'Show secrets as they are'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l raw -d 'With -o json or yaml: the answers of the server, with key and revisions'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -s w -l watch -d 'Keep looking, and show what is added, modified and deleted; with -o ndjson an event a line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l watch-only -d 'As --watch, without what is there already'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -s f -l file -d 'Delete the objects of a file, folder, glob or - for standard input; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l consumer -d 'Whose credentials' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -s l -l selector -d 'Those with these labels' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l dry-run -d 'Say what would be deleted' -r -f -a "none\t'Writes'
client\t'Compares with what the server holds'
server\t'Also asks the server whether it would take the objects'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l wait -d 'Wait until the gateway has taken the change up, at most so long' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l if-match -d 'Only if the one object still has this revision' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -s R -l recursive -d 'Folders with their subfolders'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l all -d 'All of the resource'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l cascade -d 'Also what uses them, and what uses that'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l force -d 'Also what is still in use'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l ignore-not-found -d 'What does not exist is no error'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l diff -d 'Show what goes, and ask'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -s f -l file -d 'Body from a file, - is standard input; sent as it is' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l server -d 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l control-server -d 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server\'s host, port 9090]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l gateway -d 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server\'s host, port 9080]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l metrics -d 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server\'s host, :9091/apisix/prometheus/metrics]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -s C -l context -d 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l config -d 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l key-file -d 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l key -d 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l ca -d 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system\'s]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l cert -d 'Client certificate, PEM [env: GATEWAYCTL_CERT]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l cert-key -d 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]' -r -F
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l tls-server-name -d 'Name the server\'s certificate must have [default: the host of the URL]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l header -d 'Extra header on every Admin call; may be repeated' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l timeout -d 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l retries -d 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -s o -l output -d 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]' -r -f -a "table\t'Aligned columns'
wide\t'Aligned columns, more of them'
json\t'JSON with sorted keys'
yaml\t'YAML with sorted keys'
ndjson\t'One JSON object a line'
name\t'Lines like route/hello'
jsonpath\t'kubectl\'s JSONPath, jsonpath=\'{.items[*].id}\''
template\t'A Jinja template, template=\'{{ id }}\''
jq\t'A jq filter, jq=\'.items[].id\''
csv\t'Comma-separated values'
markdown\t'A table in Markdown'
custom-columns\t'Columns by paths, custom-columns=ID:.id,URI:.uri'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l columns -d 'The columns of a table, csv or markdown, by name' -r
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l color -d 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]' -r -f -a "auto\t'On a terminal'
always\t'Also in a pipe'
never\t'Nowhere'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l errors -d 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]' -r -f -a "text\t'`error: …` and `hint: …` lines'
json\t'One JSON object on one line'"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -s i -l include -d 'Show status and headers of the answer first'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l show-secrets -d 'Show secrets as they are'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l insecure-skip-verify -d 'Do not verify the server\'s certificate [env: GATEWAYCTL_INSECURE=1]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l no-headers -d 'Leave the header row of a table out'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l plain -d 'Tabs between the columns of a table, and no alignment'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l compact -d 'JSON on one line'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l no-pager -d 'Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -l no-input -d 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -s y -l yes -d 'Answer yes to confirmations'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -s q -l quiet -d 'Only data on stdout, only errors on stderr'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -s v -l verbose -d '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -s V -l version -d 'Print version, git revision, build date and target'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "describe" -d 'Show one object with its plugins, its nodes, and what it names and is named by'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "create" -d 'Create an object that is not there yet'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "apply" -d 'Create or change objects so that they are as the files say'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "edit" -d 'Change an object in an editor'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "patch" -d 'Change parts of one object'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "label" -d 'Set and remove labels of an object'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "enable" -d 'Let routes or certificates take part again'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "disable" -d 'Keep routes or certificates, and let them take no part'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "wait" -d 'Wait until an object exists, is deleted, is healthy, or has a revision'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "explain" -d 'Say what an object\'s fields are'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "tree" -d 'Show which objects name which: routes, their services, upstreams and nodes, consumers and their groups'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "config" -d 'Compare the whole configuration with files, write it to files, and make it be as files say'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "status" -d 'Show how the gateway is: listeners, version, objects, unhealthy nodes, certificates'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "dubbo" -d 'List, describe and call the Dubbo services that the gateway knows'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "context" -d 'Name servers, and choose between them'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "config-file" -d 'Print the path of the configuration file, or open it in an editor'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "alias" -d 'Give command lines a short name'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "version" -d 'Print the versions of this tool and of the gateway'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "completion" -d 'Print the completion script of a shell'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "get" -d 'Show one or many objects'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "delete" -d 'Delete objects'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "api" -d 'Call the Admin API directly'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and not __fish_seen_subcommand_from describe create apply edit patch label enable disable wait explain tree config status dubbo context config-file alias version completion get delete api help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "dump" -d 'Write the whole configuration as files that `config sync` takes'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "diff" -d 'Show what differs between files and the server'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "sync" -d 'Make the server hold what the files say, and nothing else'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "validate" -d 'Say whether the server would take the objects of files'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "lint" -d 'Look for mistakes in files, without a server'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "fmt" -d 'Bring files into their canonical form: fixed order of objects and fields'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "merge" -d 'Put the objects of many files into one'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "split" -d 'Write the objects of files into a folder: a file for each object, resource or value of a label'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "render" -d 'Put values in the place of ${{ env.NAME }}, ${{ file.PATH }} and ${{ NAME }}'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "history" -d 'Show who changed what and when, and what differs between two revisions'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "rollback" -d 'Bring the configuration back to what it was after a revision'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from dubbo" -f -a "services" -d 'List the Dubbo services that routes, registries and calls name'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from dubbo" -f -a "describe" -d 'Show the methods and providers of a Dubbo service, and what was counted of its calls'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from dubbo" -f -a "call" -d 'Call a method of a Dubbo service through the gateway'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "list" -d 'List the contexts'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "current" -d 'Print the name of the context in use'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "use" -d 'Use another context from now on'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "create" -d 'Add a context, from the global options that say where a server is and how it is reached'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "delete" -d 'Delete a context'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "rename" -d 'Give a context another name'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "view" -d 'Print the configuration file, keys masked'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "import" -d 'Make contexts out of another tool\'s settings'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from context" -f -a "test" -d 'Try whether the server of a context answers and takes the key'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config-file" -f -a "path" -d 'Print the path, whether the file is there or not'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from config-file" -f -a "edit" -d 'Open it in $VISUAL, $EDITOR or vi, and check it afterwards'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from alias" -f -a "list" -d 'List the aliases'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from alias" -f -a "set" -d 'Set an alias; it cannot have the name of a command'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand help; and __fish_seen_subcommand_from alias" -f -a "delete" -d 'Delete an alias'
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand get" -f -a "routes services upstreams consumers credentials consumer-groups ssls global-rules plugin-configs plugin-metadata stream-routes protos secrets all"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand delete" -f -a "routes services upstreams consumers credentials consumer-groups ssls global-rules plugin-configs plugin-metadata stream-routes protos secrets"
complete -c gatewayctl -n "__fish_gatewayctl_using_subcommand api" -f -a "GET PUT POST PATCH DELETE HEAD OPTIONS"
