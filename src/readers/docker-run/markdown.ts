/** A stretch of a text that is shell. */
interface Block {
  readonly start: number;
  readonly end: number;
}

export interface ShellText {
  /** As long as the page, so that offsets agree; everything that is no command is blank. */
  readonly text: string;
  readonly blocks: readonly Block[];
}

const SHELLS =
  /^(?:ba|z|da|k)?sh$|^(?:shell|console|terminal|bash-session|shell-session|shellsession|sh-session|zsh-session|command|cmd|bat|powershell|pwsh|ps1|posh)$/i;
const PLAIN_TEXTS = /^(?:text|plain|plaintext|txt|none|output)?$/i;
const FENCE = /^([ \t]*(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]+)*[ \t]*)(`{3,}|~{3,})[ \t]*([^\n`]*)$/;
const PROMPT = /^([ \t]*)(?:\([\w.-]+\)[ \t]*)?(?:[\w.-]+@[\w.-]+[^$#%\n]{0,40}|~|\/[\w./-]{0,40})?[$#%❯➜][ \t]+(?=\S)/;
const CONTINUATION = /^[ \t]*>[ \t]?/;
const DOCKER = /^[ \t]*(?:[$#%][ \t]+)?(?:sudo[ \t]+)?docker[ \t]/m;

/** A command that stands without a prompt in a block that has prompts elsewhere. */
const BARE = /^[ \t]*(?:sudo[ \t]+)?docker[ \t]+(?:run|create|container|network|rm|stop|kill|start|restart|pause|unpause|rename)[ \t]/;

/** Finds the shell in a Markdown page: fenced blocks of shells, unmarked and indented ones that begin with docker; output is left out. */
export function shellOfMarkdown(page: string): ShellText {
  const pieces: string[] = [];
  const blocks: Block[] = [];
  let fence: { readonly mark: string; readonly language: string; readonly start: number; readonly quoted: boolean } | undefined;
  let indented: number | undefined;
  let blankBefore = true;
  let done = 0;
  const keep = (start: number, end: number, masked: string) => {
    pieces.push(blank(page.slice(done, start)), masked);
    blocks.push({ start, end });
    done = end;
  };
  const closeIndented = (end: number): void => {
    if (indented !== undefined) addBlock(page, indented, end, { language: '', quoted: false }, keep);
    indented = undefined;
  };
  for (let start = 0; start < page.length; ) {
    const newline = page.indexOf('\n', start);
    const end = newline === -1 ? page.length : newline;
    const line = page.slice(start, end).replace(/\r$/, '');
    const match = line.length < 1000 && /[`~]{3}/.test(line) ? FENCE.exec(line) : null;
    if (fence !== undefined) {
      if (match !== null && match[2]?.startsWith(fence.mark) === true && match[3]?.trim() === '') {
        addBlock(page, fence.start, start, fence, keep);
        fence = undefined;
      }
    } else if (match !== null) {
      closeIndented(start);
      fence = {
        quoted: (match[1] ?? '').includes('>'),
        mark: match[2] ?? '',
        language: (match[3] ?? '').trim(),
        start: Math.min(end + 1, page.length),
      };
    } else if (/^(?: {4}|\t)\s*\S/.test(line)) {
      if (indented === undefined && blankBefore) indented = start;
    } else if (line.trim() !== '') closeIndented(start);
    blankBefore = line.trim() === '' || (blankBefore && indented !== undefined);
    start = end + 1;
  }
  if (fence !== undefined) addBlock(page, fence.start, page.length, fence, keep);
  closeIndented(page.length);
  pieces.push(blank(page.slice(done)));
  return { text: pieces.join(''), blocks };
}

interface Fence {
  /** The info string behind the fence. */
  readonly language: string;
  /** In a block quote: each line begins with `>`. */
  readonly quoted: boolean;
}

function addBlock(
  page: string,
  start: number,
  end: number,
  fence: Fence,
  keep: (start: number, end: number, masked: string) => void,
): void {
  const written = page.slice(start, end);
  if (!written.includes('docker')) return;
  const body = fence.quoted ? written.replaceAll(/^[ \t]*>[ \t]?/gm, (mark) => ' '.repeat(mark.length)) : written;
  const language = /^\{?\.?([\w+-]*)/.exec(fence.language)?.[1] ?? '';
  if (PLAIN_TEXTS.test(language) ? !DOCKER.test(firstLines(body)) : !SHELLS.test(language)) return;
  keep(start, end, maskBlock(body, /console|session|terminal/i.test(language)));
}

const firstLines = (body: string): string => body.split('\n', 40).join('\n');

/**
 * Blanks prompts and, where there are prompts, everything that is the commands' output. `# ` is root's prompt in a console
 * and a comment elsewhere.
 */
function maskBlock(body: string, console: boolean): string {
  const lines = body.split('\n');
  const isPrompted = (line: string) => /^\s*[$❯➜%]\s+\S/.test(line) || /^[\w.-]+@[\w.-]+\S*\s*[$#]\s/.test(line);
  const prompted = lines.some((line) => isPrompted(line) || (console && /^\s*#\s+(?:sudo\s+)?docker\s/.test(line)));
  if (!prompted) return body;
  let continued = false;
  let heredoc: string | undefined;
  const masked = lines.map((line) => {
    const content = line.replace(/\r$/, '');
    const prompt = continued ? null : PROMPT.exec(content);
    let result = blank(line);
    if (heredoc !== undefined) {
      result = line;
      if (content.replace(CONTINUATION, '').trim() === heredoc) heredoc = undefined;
    } else if (prompt !== null) result = ' '.repeat(prompt[0].length) + line.slice(prompt[0].length);
    else if (!continued && BARE.test(content)) result = line;
    else if (continued) {
      const mark = CONTINUATION.exec(content)?.[0].length ?? 0;
      result = ' '.repeat(mark) + line.slice(mark);
    }
    if (heredoc === undefined) heredoc = /<<-?\s*["']?(\w+)["']?/.exec(result)?.[1];
    continued = result.trim() !== '' && content.endsWith('\\');
    return result;
  });
  return masked.join('\n');
}

/** Spaces, one for each UTF-16 unit; lines stay. */
function blank(text: string): string {
  return text.replaceAll(/[^\n]+/g, (run) => ' '.repeat(run.length));
}
