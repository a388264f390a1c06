//! Things put, taken, moved, covered; lines, questions and answers; time-outs.

use crate::script::check;

#[test]
fn puts_a_settled_thing_on_the_bill() {
    check("", "idle");
    check("put 1 cola; see 1", "idle");
    check("put 1 cola; see 2", "scanning | 1 cola x1 = 150 on 1");
    check(
        "put 1 cola; see 2; put 2 cola; put 3 bread; see 2",
        "scanning | 1 cola x2 = 300 on 1,2 | 2 bread x1 = 200 on 3",
    );
}
