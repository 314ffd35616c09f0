/** The path under which the text of standard input is known, to `Files` and in findings. */
export const STDIN = '<stdin>';
