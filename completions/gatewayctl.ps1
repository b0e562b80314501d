
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'gatewayctl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'gatewayctl'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'gatewayctl' {
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Create or change objects so that they are as the files say')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show how the gateway is: listeners, version, objects, unhealthy nodes, certificates')
            [CompletionResult]::new('dubbo', 'dubbo', [CompletionResultType]::ParameterValue, 'List, describe and call the Dubbo services that the gateway knows')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the versions of this tool and of the gateway')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Show one or many objects')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete objects')
            [CompletionResult]::new('api', 'api', [CompletionResultType]::ParameterValue, 'Call the Admin API directly')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'gatewayctl;apply' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'File, folder, glob or - for standard input; may be repeated')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'File, folder, glob or - for standard input; may be repeated')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done: client compares only, server also has the objects and what they refer to checked')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Folders with their subfolders')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Folders with their subfolders')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gatewayctl;status' {
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Exit with 1 if anything is wrong')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gatewayctl;dubbo' {
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('services', 'services', [CompletionResultType]::ParameterValue, 'List the Dubbo services that routes, registries and calls name')
            [CompletionResult]::new('describe', 'describe', [CompletionResultType]::ParameterValue, 'Show the methods and providers of a Dubbo service, and what was counted of its calls')
            [CompletionResult]::new('call', 'call', [CompletionResultType]::ParameterValue, 'Call a method of a Dubbo service through the gateway')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'gatewayctl;dubbo;services' {
            [CompletionResult]::new('--registry', '--registry', [CompletionResultType]::ParameterName, 'Only those of this registry, such as zookeeper or nacos')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gatewayctl;dubbo;describe' {
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gatewayctl;dubbo;call' {
            [CompletionResult]::new('--types', '--types', [CompletionResultType]::ParameterName, 'Java types of the parameters, where several methods have the name')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Group of the service')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Version of the service')
            [CompletionResult]::new('--attachment', '--attachment', [CompletionResultType]::ParameterName, 'Attachment of the call; may be repeated')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'Who chooses the node: gateway, or direct and the address and port of one [default: gateway]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The same as --via direct IP:PORT')
            [CompletionResult]::new('--serialization', '--serialization', [CompletionResultType]::ParameterName, 'How the call is written: hessian2, fastjson2 or json; the gateway says which it does not write [default: hessian2]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gatewayctl;dubbo;help' {
            [CompletionResult]::new('services', 'services', [CompletionResultType]::ParameterValue, 'List the Dubbo services that routes, registries and calls name')
            [CompletionResult]::new('describe', 'describe', [CompletionResultType]::ParameterValue, 'Show the methods and providers of a Dubbo service, and what was counted of its calls')
            [CompletionResult]::new('call', 'call', [CompletionResultType]::ParameterValue, 'Call a method of a Dubbo service through the gateway')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'gatewayctl;dubbo;help;services' {
            break
        }
        'gatewayctl;dubbo;help;describe' {
            break
        }
        'gatewayctl;dubbo;help;call' {
            break
        }
        'gatewayctl;dubbo;help;help' {
            break
        }
        'gatewayctl;version' {
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Only this tool, without asking the gateway')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gatewayctl;completion' {
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gatewayctl;get' {
            [CompletionResult]::new('--consumer', '--consumer', [CompletionResultType]::ParameterName, 'Whose credentials; without it those of all consumers')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave the header row out')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show secrets as they are')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'With -o json or yaml: the answers of the server, with key and revisions')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gatewayctl;delete' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Delete the objects of a file, folder, glob or - for standard input; may be repeated')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Delete the objects of a file, folder, glob or - for standard input; may be repeated')
            [CompletionResult]::new('--consumer', '--consumer', [CompletionResultType]::ParameterName, 'Whose credentials')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Folders with their subfolders')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Folders with their subfolders')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Also what is still in use')
            [CompletionResult]::new('--ignore-not-found', '--ignore-not-found', [CompletionResultType]::ParameterName, 'What does not exist is no error')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gatewayctl;api' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Body from a file, - is standard input; sent as it is')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Body from a file, - is standard input; sent as it is')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]')
            [CompletionResult]::new('--control-server', '--control-server', [CompletionResultType]::ParameterName, 'Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: the server''s host, port 9090]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Proxy listener [env: GATEWAYCTL_GATEWAY] [default: the server''s host, port 9080]')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics listener [env: GATEWAYCTL_METRICS] [default: the server''s host, :9091/apisix/prometheus/metrics]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system''s]')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM [env: GATEWAYCTL_CERT]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Name the server''s certificate must have [default: the host of the URL]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header on every Admin call; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Show status and headers of the answer first')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Show status and headers of the answer first')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show secrets as they are')
            [CompletionResult]::new('--insecure-skip-verify', '--insecure-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify the server''s certificate [env: GATEWAYCTL_INSECURE=1]')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to confirmations')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only data on stdout, only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, '-v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version, git revision, build date and target')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gatewayctl;help' {
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Create or change objects so that they are as the files say')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show how the gateway is: listeners, version, objects, unhealthy nodes, certificates')
            [CompletionResult]::new('dubbo', 'dubbo', [CompletionResultType]::ParameterValue, 'List, describe and call the Dubbo services that the gateway knows')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the versions of this tool and of the gateway')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Show one or many objects')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete objects')
            [CompletionResult]::new('api', 'api', [CompletionResultType]::ParameterValue, 'Call the Admin API directly')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'gatewayctl;help;apply' {
            break
        }
        'gatewayctl;help;status' {
            break
        }
        'gatewayctl;help;dubbo' {
            [CompletionResult]::new('services', 'services', [CompletionResultType]::ParameterValue, 'List the Dubbo services that routes, registries and calls name')
            [CompletionResult]::new('describe', 'describe', [CompletionResultType]::ParameterValue, 'Show the methods and providers of a Dubbo service, and what was counted of its calls')
            [CompletionResult]::new('call', 'call', [CompletionResultType]::ParameterValue, 'Call a method of a Dubbo service through the gateway')
            break
        }
        'gatewayctl;help;dubbo;services' {
            break
        }
        'gatewayctl;help;dubbo;describe' {
            break
        }
        'gatewayctl;help;dubbo;call' {
            break
        }
        'gatewayctl;help;version' {
            break
        }
        'gatewayctl;help;completion' {
            break
        }
        'gatewayctl;help;get' {
            break
        }
        'gatewayctl;help;delete' {
            break
        }
        'gatewayctl;help;api' {
            break
        }
        'gatewayctl;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
