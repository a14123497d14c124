//! NumPy's legacy random generator, bit for bit.
//!
//! The authors drew their images and their splits with `numpy.random.RandomState` (the global
//! `numpy.random.seed`, which is the same stream). To repeat those draws without Python, this module
//! implements the part of that stream they used:
//!
//! 1. **MT19937**, the 32-bit Mersenne Twister of Matsumoto and Nishimura (1998), with 624 words of
//!    state, seeded from one integer by `s_i = 1812433253 * (s_{i-1} xor (s_{i-1} >> 30)) + i`.
//! 2. **Bounded draws by masked rejection**: keep the low bits that can hold the maximum, redraw until
//!    the value fits. A maximum of 0 consumes nothing from the stream.
//! 3. **Fisher-Yates from the top**: for `i` from `n - 1` down to 1, exchange `i` with a draw from
//!    `0..=i`. Choosing `k` of `n` without replacement is a full shuffle cut to its first `k` entries,
//!    so that a larger choice of the same seed extends a smaller one.
//!
//! NumPy froze this stream in version 1.17 and promises never to change it.

use crate::DatasetError;

const WORDS: usize = 624;
const OFFSET: usize = 397;

/// The stream of `numpy.random.RandomState(seed)`.
///
/// It exists to repeat published draws. New randomness in this project comes from a generator that
/// the caller passes in.
#[derive(Debug, Clone)]
pub struct LegacyRandom {
    state: [u32; WORDS],
    position: usize,
}

impl LegacyRandom {
    /// Starts the stream of `RandomState(seed)`.
    pub fn new(seed: u32) -> Self {
        let mut state = [0; WORDS];
        let mut word = seed;
        for (index, slot) in (1_u32..).zip(state.iter_mut()) {
            *slot = word;
            word = 1_812_433_253_u32.wrapping_mul(word ^ (word >> 30)).wrapping_add(index);
        }
        Self { state, position: WORDS }
    }

    /// The next 32 bits, uniform on `0..=u32::MAX`.
    pub fn next_u32(&mut self) -> u32 {
        if self.position == WORDS {
            self.refill();
        }
        let mut word = self.state[self.position];
        self.position += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// A uniform draw from `0..=max` by masked rejection; `max = 0` consumes nothing.
    pub fn interval(&mut self, max: u32) -> u32 {
        if max == 0 {
            return 0;
        }
        let mask = u32::MAX >> max.leading_zeros();
        loop {
            let value = self.next_u32() & mask;
            if value <= max {
                return value;
            }
        }
    }

    /// A uniform draw from `low..high`, as `RandomState.randint(low, high)`.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if `low >= high`.
    pub fn randint(&mut self, low: u32, high: u32) -> Result<u32, DatasetError> {
        if low >= high {
            return Err(DatasetError::out_of_range("high", high, format!("greater than low, which is {low}")));
        }
        Ok(low + self.interval(high - 1 - low))
    }

    /// Shuffles in place, as `RandomState.shuffle` does with an array of one axis.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] for more than 2^32 entries, where NumPy would change to 64-bit
    /// draws.
    pub fn shuffle<T>(&mut self, values: &mut [T]) -> Result<(), DatasetError> {
        let Ok(last) = u32::try_from(values.len().saturating_sub(1)) else {
            return Err(DatasetError::out_of_range("length", values.len(), "at most 4294967296"));
        };
        for top in (1..=last).rev() {
            let other = self.interval(top);
            values.swap(top as usize, other as usize);
        }
        Ok(())
    }

    /// `0..n` in shuffled order, as `RandomState.permutation(n)`.
    ///
    /// # Errors
    /// As [`shuffle`](Self::shuffle).
    pub fn permutation(&mut self, n: usize) -> Result<Vec<usize>, DatasetError> {
        let mut values: Vec<usize> = (0..n).collect();
        self.shuffle(&mut values)?;
        Ok(values)
    }

    /// `count` distinct values of `0..n`, as `RandomState.choice(n, count, replace=False)`.
    ///
    /// The stream advances by a full shuffle of `n`, independent of `count`.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if `count > n`.
    pub fn choice_without_replacement(&mut self, n: usize, count: usize) -> Result<Vec<usize>, DatasetError> {
        if count > n {
            return Err(DatasetError::out_of_range("count", count, format!("at most the population, {n}")));
        }
        let mut values = self.permutation(n)?;
        values.truncate(count);
        Ok(values)
    }

    fn refill(&mut self) {
        for index in 0..WORDS {
            let next = self.state[(index + 1) % WORDS];
            let joined = (self.state[index] & 0x8000_0000) | (next & 0x7fff_ffff);
            let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[index] = self.state[(index + OFFSET) % WORDS] ^ (joined >> 1) ^ twist;
        }
        self.position = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_of_seed_one() {
        let mut random = LegacyRandom::new(1);
        let words: Vec<u32> = (0..5).map(|_| random.next_u32()).collect();
        assert_eq!(words, [1791095845, 4282876139, 3093770124, 4005303368, 491263]);
    }

    #[test]
    fn degenerate_draws_consume_nothing() {
        let mut random = LegacyRandom::new(1);
        assert_eq!(random.interval(0), 0);
        assert_eq!(random.randint(4, 5), Ok(4));
        assert_eq!(random.permutation(0), Ok(vec![]));
        assert_eq!(random.permutation(1), Ok(vec![0]));
        assert_eq!(random.next_u32(), 1791095845);
    }

    #[test]
    fn impossible_draws_are_refused() {
        let mut random = LegacyRandom::new(1);
        assert!(random.randint(3, 3).is_err());
        assert_eq!(
            random.choice_without_replacement(2, 3).unwrap_err().to_string(),
            "count is 3, expected at most the population, 2"
        );
    }
}
