/** `npm run lab -- chaos --full` takes the times of real life; `npm test` takes scaled ones, in the same proportions. */
export const full = process.env.FAIRLEAD_LAB_PACE === 'full';

export const paced = <T>(scaled: T, real: T): T => (full ? real : scaled);

/** Tests that have no scaled form: what they wait for takes a minute at least, whatever the settings say. */
export const fullOnly: string | false = full ? false : 'takes minutes: npm run lab -- chaos --full';
