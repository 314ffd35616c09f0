/** Programs that are recognised by the first words of a command line, whatever the image. */
import type { AnyAddress } from '../../listen.ts';

export interface Server {
  readonly program: string;
  /** Matched against the words, joined by single spaces, from the word on that names the program. */
  readonly command: RegExp;
  /** Flags that hold the address, the port, or both as `address:port`. */
  readonly host?: readonly string[];
  readonly port?: readonly string[];
  readonly bind?: readonly string[];
  /** A word without a flag that holds `port` or `address:port`: `runserver 0.0.0.0:8000`. */
  readonly positional?: RegExp;
  readonly hostVariable?: string;
  readonly portVariable?: string;
  /** The address where only the variable of the port is set, if it is not `defaultHost`. */
  readonly hostWithPortVariable?: string;
  /** A variable that holds more flags. */
  readonly flagsVariable?: string;
  /** Flags that name a file or a socket: what they hold wins over the defaults, and is not looked into. */
  readonly elsewhere?: readonly string[];
  /** Nothing is said where no address is given: a file that it reads unasked often sets one. */
  readonly onlyGiven?: boolean;
  /** Variables that name the environment; in another one than development the address is `0.0.0.0`. */
  readonly environmentVariables?: readonly string[];
  readonly defaultHost: string;
  /** Undefined: says nothing unless a port is given. */
  readonly defaultPort: number | undefined;
  readonly any: AnyAddress;
  readonly source: string;
}

const V4 = { any: '0.0.0.0' } as const;
const BOTH = { any: '::' } as const;

export const servers: readonly Server[] = [
  {
    ...V4,
    program: 'gunicorn',
    command: /^gunicorn\b|^python3? -m gunicorn\b/,
    bind: ['-b', '--bind'],
    portVariable: 'PORT',
    hostWithPortVariable: '0.0.0.0',
    flagsVariable: 'GUNICORN_CMD_ARGS',
    elsewhere: ['-c', '--config'],
    defaultHost: '127.0.0.1',
    defaultPort: 8000,
    source: 'https://docs.gunicorn.org/en/stable/settings.html#bind',
  },
  {
    ...V4,
    program: 'uvicorn',
    command: /^uvicorn\b|^python3? -m uvicorn\b/,
    host: ['--host'],
    port: ['--port'],
    hostVariable: 'UVICORN_HOST',
    portVariable: 'UVICORN_PORT',
    elsewhere: ['--uds', '--fd', '--env-file'],
    defaultHost: '127.0.0.1',
    defaultPort: 8000,
    source: 'https://www.uvicorn.org/settings/',
  },
  {
    ...V4,
    program: 'hypercorn',
    command: /^hypercorn\b/,
    bind: ['-b', '--bind'],
    elsewhere: ['-c', '--config', '--insecure-bind', '--quic-bind'],
    defaultHost: '127.0.0.1',
    defaultPort: 8000,
    source: 'https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html',
  },
  {
    ...V4,
    program: 'daphne',
    command: /^daphne\b/,
    host: ['-b', '--bind'],
    port: ['-p', '--port'],
    elsewhere: ['-u', '--unix-socket', '--fd', '-e', '--endpoint'],
    defaultHost: '127.0.0.1',
    defaultPort: 8000,
    source: 'https://github.com/django/daphne',
  },
  {
    ...V4,
    program: 'waitress',
    command: /^waitress-serve\b/,
    bind: ['--listen'],
    elsewhere: ['--unix-socket'],
    host: ['--host'],
    port: ['--port'],
    defaultHost: '0.0.0.0',
    defaultPort: 8080,
    source: 'https://docs.pylonsproject.org/projects/waitress/en/latest/runner.html',
  },
  {
    ...V4,
    program: 'flask run',
    command: /^flask\b.*\brun\b|^python3? -m flask\b.*\brun\b/,
    host: ['--host', '-h'],
    port: ['--port', '-p'],
    hostVariable: 'FLASK_RUN_HOST',
    portVariable: 'FLASK_RUN_PORT',
    defaultHost: '127.0.0.1',
    defaultPort: 5000,
    source: 'https://flask.palletsprojects.com/en/stable/cli/',
  },
  {
    ...V4,
    program: 'fastapi dev',
    command: /^fastapi dev\b/,
    host: ['--host'],
    port: ['--port'],
    defaultHost: '127.0.0.1',
    defaultPort: 8000,
    source: 'https://fastapi.tiangolo.com/fastapi-cli/',
  },
  {
    ...V4,
    program: 'fastapi run',
    command: /^fastapi run\b/,
    host: ['--host'],
    port: ['--port'],
    defaultHost: '0.0.0.0',
    defaultPort: 8000,
    source: 'https://fastapi.tiangolo.com/fastapi-cli/',
  },
  {
    ...V4,
    program: "Django's runserver",
    command: /^(?:python3?(?:\.\d+)? )?(?:\S*\/)?manage\.py runserver\b|^django-admin runserver\b/,
    positional: /^(?:[\w.:[\]]+:)?\d{2,5}$/,
    defaultHost: '127.0.0.1',
    defaultPort: 8000,
    source: 'https://docs.djangoproject.com/en/stable/ref/django-admin/#runserver',
  },
  {
    ...V4,
    program: 'http.server',
    command: /^python3? -m http\.server\b/,
    host: ['--bind', '-b'],
    positional: /^\d{2,5}$/,
    defaultHost: '0.0.0.0',
    defaultPort: 8000,
    source: 'https://docs.python.org/3/library/http.server.html',
  },
  {
    ...V4,
    program: 'Streamlit',
    command: /^streamlit run\b/,
    host: ['--server.address'],
    port: ['--server.port'],
    hostVariable: 'STREAMLIT_SERVER_ADDRESS',
    portVariable: 'STREAMLIT_SERVER_PORT',
    defaultHost: '0.0.0.0',
    defaultPort: 8501,
    source: 'https://docs.streamlit.io/develop/api-reference/configuration/config.toml',
  },
  {
    ...V4,
    program: 'Jupyter',
    command: /^jupyter(?:-lab|-notebook)?\b/,
    // The images of docker-stacks bring a configuration file that says 0.0.0.0.
    onlyGiven: true,
    host: ['--ip'],
    port: ['--port'],
    defaultHost: '127.0.0.1',
    defaultPort: 8888,
    source: 'https://jupyter-server.readthedocs.io/en/latest/other/full-config.html',
  },
  {
    ...V4,
    program: 'php artisan serve',
    command: /^php (?:\S*\/)?artisan serve\b/,
    host: ['--host'],
    port: ['--port'],
    defaultHost: '127.0.0.1',
    defaultPort: 8000,
    source: 'https://laravel.com/docs/installation',
  },
  {
    ...V4,
    program: 'php -S',
    command: /^php -S\b/,
    bind: ['-S'],
    defaultHost: '127.0.0.1',
    defaultPort: undefined,
    source: 'https://www.php.net/manual/en/features.commandline.webserver.php',
  },
  {
    ...V4,
    program: 'rails server',
    command: /^(?:bundle exec )?(?:\S*\/)?rails s(?:erver)?\b/,
    host: ['-b', '--binding'],
    port: ['-p', '--port'],
    hostVariable: 'BINDING',
    portVariable: 'PORT',
    environmentVariables: ['RAILS_ENV', 'RACK_ENV'],
    elsewhere: ['-e', '--environment', '-c', '--config'],
    defaultHost: '127.0.0.1',
    defaultPort: 3000,
    source: 'https://guides.rubyonrails.org/command_line.html#bin-rails-server',
  },
  {
    ...V4,
    program: 'puma',
    command: /^(?:bundle exec )?puma\b/,
    elsewhere: ['-C', '--config'],
    bind: ['-b', '--bind'],
    port: ['-p', '--port'],
    defaultHost: '0.0.0.0',
    defaultPort: 9292,
    source: 'https://github.com/puma/puma',
  },
  {
    ...V4,
    program: 'Vite',
    command: /^(?:npx )?vite\b(?! build)/,
    elsewhere: ['-c', '--config'],
    host: ['--host'],
    port: ['--port'],
    defaultHost: '127.0.0.1',
    defaultPort: 5173,
    source: 'https://vite.dev/config/server-options.html',
  },
  {
    ...BOTH,
    program: 'Next.js',
    command: /^(?:npx )?next (?:start|dev)\b/,
    host: ['-H', '--hostname'],
    port: ['-p', '--port'],
    portVariable: 'PORT',
    defaultHost: '0.0.0.0',
    defaultPort: 3000,
    source: 'https://nextjs.org/docs/app/api-reference/cli/next',
  },
  {
    ...V4,
    program: 'ng serve',
    command: /^(?:npx )?ng serve\b/,
    host: ['--host'],
    port: ['--port'],
    defaultHost: '127.0.0.1',
    defaultPort: 4200,
    source: 'https://angular.dev/cli/serve',
  },
  {
    ...V4,
    program: 'http-server',
    command: /^(?:npx )?http-server\b/,
    host: ['-a', '--a'],
    port: ['-p', '--port'],
    defaultHost: '0.0.0.0',
    defaultPort: 8080,
    source: 'https://github.com/http-party/http-server',
  },
  {
    ...BOTH,
    program: 'Hugo',
    command: /^hugo server\b/,
    elsewhere: ['--config', '--configDir'],
    host: ['--bind'],
    port: ['-p', '--port'],
    defaultHost: '127.0.0.1',
    defaultPort: 1313,
    source: 'https://gohugo.io/commands/hugo_server/',
  },
  {
    ...V4,
    program: 'MkDocs',
    command: /^mkdocs serve\b/,
    elsewhere: ['-f', '--config-file'],
    bind: ['-a', '--dev-addr'],
    defaultHost: '127.0.0.1',
    defaultPort: 8000,
    source: 'https://www.mkdocs.org/user-guide/configuration/#dev_addr',
  },
  {
    ...BOTH,
    program: 'redis-server',
    // `redis-server /etc/redis.conf`: the file has its own `bind`.
    command: /^redis-server(?! [^-\s])/,
    host: ['--bind'],
    port: ['--port'],
    defaultHost: '127.0.0.1',
    defaultPort: 6379,
    source: 'https://redis.io/docs/latest/operate/oss_and_stack/management/security/#protected-mode',
  },
  {
    ...V4,
    program: 'mongod',
    command: /^mongod\b/,
    elsewhere: ['-f', '--config', '--bind_ip_all'],
    host: ['--bind_ip'],
    port: ['--port'],
    defaultHost: '127.0.0.1',
    defaultPort: 27_017,
    source: 'https://www.mongodb.com/docs/manual/reference/program/mongod/',
  },
  {
    ...BOTH,
    program: 'etcd',
    command: /^etcd\b/,
    elsewhere: ['--config-file'],
    bind: ['--listen-client-urls'],
    defaultHost: '127.0.0.1',
    defaultPort: 2379,
    source: 'https://etcd.io/docs/v3.6/op-guide/configuration/',
  },
];
