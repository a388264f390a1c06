//! What is over: those who were sent a notice can be told so.

use domain::ids::OrgId;
use domain::time::WallMs;

use super::deliveries::{DELIVERY, Delivery, NewDelivery, insert_delivery, read_delivery};
use super::inbox::{NOTICE, Notice, read_notice};
use crate::error::{StoreError, What};
use crate::ids::NoticeId;
use crate::sql::{composed, execute, fetch_each, values};
use crate::store::Store;

/// A notice that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedNotice {
    /// The notice.
    pub notice: Notice,
    /// What was sent of it alone, to those who can be told that it is over.
    pub sent: Vec<Delivery>,
}

impl Store {
    /// Notices of all organisations that are over and whose readers were not told so yet, the oldest first. One whose delivery is
    /// under way waits for what comes of it.
    pub async fn ends_to_plan(&self, limit: u32) -> Result<Vec<EndedNotice>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let sql = composed(format!(
                "{NOTICE} FROM notice
                 WHERE settled_at IS NOT NULL AND end_planned_at IS NULL AND planned_at IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.notice = notice.id AND state = 'sending')
                 ORDER BY id LIMIT $1"
            ));
            let notices = fetch_each(&mut connection, What::Notice, sql, values![&limit], read_notice).await?;
            let mut ended = Vec::with_capacity(notices.len());
            for notice in notices {
                let sql = composed(format!(
                    "{DELIVERY} FROM delivery WHERE org = $1 AND notice = $2 AND state = 'sent' AND reply_to IS NULL
                     ORDER BY id"
                ));
                let values = values![&notice.org, &notice.id];
                let sent = fetch_each(&mut connection, What::Delivery, sql, values, read_delivery).await?;
                ended.push(EndedNotice { notice, sent });
            }
            Ok(ended)
        })
        .await
    }

    /// Writes down who is told that a notice is over, all of it or nothing; false where another process did before.
    pub async fn plan_end(
        &self,
        org: &OrgId,
        id: NoticeId,
        deliveries: &[NewDelivery],
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql =
                "UPDATE notice SET end_planned_at = $3 WHERE org = $1 AND id = $2 AND end_planned_at IS NULL";
            if execute(connection, sql, values![org, &id, &now]).await? == 0 {
                return Ok(false);
            }
            for delivery in deliveries {
                insert_delivery(connection, org, delivery, now).await?;
            }
            writing.commit().await?;
            Ok(true)
        })
        .await
    }
}
